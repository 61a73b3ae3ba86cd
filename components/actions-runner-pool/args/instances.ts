/** Spot instances. A Spot interruption ends a job after two minutes; no drain can prevent that. */
export interface SpotArgs {
  /** On-demand instances before any Spot instance is launched. Default: 0. */
  onDemandBase?: number;

  /** Percentage of on-demand instances above the base, 0 to 100. Default: 0. */
  onDemandPercentage?: number;

  /** Further instance types of the same architecture; more types are interrupted less often. Default: none. */
  additionalInstanceTypes?: string[];
}
