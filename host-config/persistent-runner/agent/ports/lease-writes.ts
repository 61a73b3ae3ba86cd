/** What the machine writes to its lease, each for the generation of its order. */
export interface LeaseWrites {
  /**
   * The machine could take a job, or was prepared by this digest.
   *
   * @returns false: the lease is of another start by now, or was released. Nothing is written then.
   */
  ready(prepared: string): Promise<boolean>;
  /** Why this boot takes no job. Nothing is written if the lease is of another start by now. */
  failed(reason: string): Promise<void>;
}
