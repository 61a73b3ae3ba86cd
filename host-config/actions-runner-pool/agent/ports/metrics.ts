export interface Metrics {
  /** Count 1 of a METRIC, with the pool's dimension. */
  count(metric: string): Promise<void>;
}
