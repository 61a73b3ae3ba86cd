/** Mix of Spot and On-Demand instances. A Spot interruption ends a job after two minutes; no drain can prevent that. */
export interface SpotArgs {
  /** Number of On-Demand instances to launch before any Spot instance. Limits: 0 to `maxSize`. Default: 0. */
  onDemandBase?: number;

  /** Percentage of On-Demand instances above `onDemandBase`. Limits: 0 to 100. Default: 0. */
  onDemandPercentage?: number;

  /** Further instance types of the same architecture; a pool with more types is interrupted less often. Default: none. */
  additionalInstanceTypes?: string[];
}
