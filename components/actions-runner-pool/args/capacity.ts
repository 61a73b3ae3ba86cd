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

/** Spot instances. A Spot interruption ends a job after two minutes; no drain can prevent that. */
export interface SpotArgs {
  /** On-demand instances before any Spot instance is launched. Default: 0. */
  onDemandBase?: number;

  /** Percentage of on-demand instances above the base, 0 to 100. Default: 0. */
  onDemandPercentage?: number;

  /** Further instance types of the same architecture; more types are interrupted less often. Default: none. */
  additionalInstanceTypes?: string[];
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

/** How an instance that should go waits for its job. */
export interface DrainArgs {
  /**
   * Seconds after which a drain gives up and stops the runner with its job: logged, counted and alarmed. At least 60,
   * at most min(48 h, 100 x `heartbeatTimeout`), the life of a lifecycle action. Default: that maximum. A drain gives
   * up 5 minutes before the action expires, so that the end is still its own.
   */
  maxDrain?: number;

  /** Seconds after which a silent instance counts as dead, 30 to 7200 (limits of a lifecycle hook). Default: 1800. */
  heartbeatTimeout?: number;

  /**
   * Seconds between heartbeats of a draining instance, at most a third of `heartbeatTimeout`, so that two may be lost.
   * Default: a third, at most 300.
   */
  heartbeatInterval?: number;

  /**
   * Keeps an instance whose heartbeats failed (`Terminating:Retained`: running, billed, out of the group) for the
   * sweep and a human, instead of ending it with its job. Default: true.
   */
  retainOnAbandon?: boolean;
}
