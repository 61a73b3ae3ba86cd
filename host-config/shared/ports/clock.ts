/** Times are in milliseconds unless the name says otherwise. */
export interface HostClock {
  /** Milliseconds since the epoch. */
  now(): number;
  sleep(ms: number): Promise<void>;
}
