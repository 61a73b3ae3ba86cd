export interface Metrics {
  /** Publishes a count of 1 for a METRIC, with the pool's dimension. */
  count(metric: string): Promise<void>;
}
