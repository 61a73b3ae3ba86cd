/** Times are milliseconds unless a name says otherwise. */
export interface HostClock {
  /** Milliseconds since the epoch. */
  now(): number;
  sleep(ms: number): Promise<void>;
}
