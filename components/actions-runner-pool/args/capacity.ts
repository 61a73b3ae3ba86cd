/** Where prepared instances wait: in EC2 Auto Scaling's own words. */
export const WarmPoolState = {
  /** Costs only its volume; boots into service. */
  Stopped: "Stopped",
  /** Like `Stopped`, with its memory on the volume: resumes instead of booting. */
  Hibernated: "Hibernated",
  /** Costs as much as one in service. */
  Running: "Running",
} as const;
export type WarmPoolState = (typeof WarmPoolState)[keyof typeof WarmPoolState];

/** What an instance refresh does with an instance that is protected because a job runs on it. */
export const ProtectedInstances = {
  /** Waits for the job; EC2 Auto Scaling lets the whole refresh fail after 1 h without progress. */
  Wait: "Wait",
  /** Replaces it at once; the drain still lets its job end. For pools whose jobs outlast 1 h. */
  Refresh: "Refresh",
  /** Leaves it on the old launch template. */
  Ignore: "Ignore",
} as const;
export type ProtectedInstances = (typeof ProtectedInstances)[keyof typeof ProtectedInstances];

/** Prepared instances: installed, not registered. They are never reused after service. */
export interface WarmPoolArgs {
  /** State in which they wait. Default: `Stopped`. */
  state?: WarmPoolState;

  /** Fewest prepared instances. Default: 0. */
  minSize?: number;

  /**
   * Most instances in the group and the warm pool together: the pool holds what is missing to this number, and never
   * fewer than `minSize`. The same number as `minSize` makes it exactly that many. Default: the group's `maxSize`.
   */
  maxPreparedCapacity?: number;
}

/** Rolling replacement of instances when the launch template changes. */
export interface InstanceRefreshArgs {
  /** Default: `Wait`. */
  protectedInstances?: ProtectedInstances;

  /**
   * Percentage of the desired capacity that stays in service, 0 to 100. Default: 100, so that even a single runner is
   * replaced only after its successor is in service.
   */
  minHealthyPercentage?: number;

  /**
   * Percentage of the desired capacity up to which successors are launched early, 100 to 200, and at most 100 above
   * `minHealthyPercentage` (limits of EC2 Auto Scaling). Default: 110, at least one instance.
   */
  maxHealthyPercentage?: number;
}
