/** State in which prepared instances wait in the warm pool, in EC2 Auto Scaling's terms. */
export const WarmPoolState = {
  /** Costs only its volume; boots into service. */
  Stopped: "Stopped",
  /** Like `Stopped`, with its memory saved on the volume: resumes instead of booting. */
  Hibernated: "Hibernated",
  /** Costs as much as an instance in service. */
  Running: "Running",
} as const;
export type WarmPoolState = (typeof WarmPoolState)[keyof typeof WarmPoolState];

/** What an instance refresh does with an instance that is protected from scale-in because a job runs on it. */
export const ProtectedInstances = {
  /** Waits for the job; EC2 Auto Scaling fails the whole refresh after 1 h without progress, and the sweep starts another one. */
  Wait: "Wait",
  /** Replaces it at once; the drain still lets its job finish. For pools whose jobs run longer than 1 h. */
  Refresh: "Refresh",
  /** Leaves it on the old launch template version until a sweep finds it idle. */
  Ignore: "Ignore",
} as const;
export type ProtectedInstances = (typeof ProtectedInstances)[keyof typeof ProtectedInstances];

/** Prepared instances: installed but not registered. An instance returns to the warm pool after service only with `reuseOnScaleIn`. */
export interface WarmPoolArgs {
  /** State in which the prepared instances wait. Default: `Stopped`. */
  state?: WarmPoolState;

  /** Minimum number of prepared instances. Limits: 0 to `maxPreparedCapacity`. Default: 0. */
  minSize?: number;

  /**
   * Maximum number of instances in the group and the warm pool together: the warm pool holds the difference between
   * this number and the group's desired capacity, and never fewer than `minSize`. Set it to the same number as
   * `minSize` for exactly that many prepared instances. Limits: 0 to 10000. Default: the group's `maxSize`.
   */
  maxPreparedCapacity?: number;

  /**
   * Accepts an image whose name shows that it is not on EC2's list of images that hibernate, for one that you have prepared
   * and tried: the list of this release may be older than EC2's. Otherwise EC2 may fail to hibernate or to resume its
   * instances. Limits: true requires the state `Hibernated`. Default: false, which refuses such an image.
   */
  allowUnlistedImage?: boolean;

  /**
   * Takes instances back on scale-in, while the warm pool has room for them. An instance that returns drains as if it
   * terminated, ends all processes of jobs, gets back the runner's programs of its installation, and registers anew at its
   * next launch. It keeps what jobs stored on its disk: caches, and also checkouts, the home of `runner.user` and temporary
   * files. So set it only for a pool whose jobs trust one another. Each instance keeps a copy of the runner, some 0.6 GB.
   * Instances that were launched without it are replaced at their next launch, instead of serving again. Each return kills all
   * that runs as `runner.user`: nothing else on the image may, services and containers included. Limits: every instance of the
   * pool must already run a release that knows this argument; the image neither has `runner.user` linger or run an enabled
   * service, nor mounts anything in the runner's folder, nor has its `_work` be a link, nor keeps other users' files in `~/.ssh`
   * and the like, nor has `/etc/subuid` give `runner.user` another user's uid, or launches are abandoned. Default: false, which
   * terminates them.
   */
  reuseOnScaleIn?: boolean;
}

/** Rolling replacement of instances when the launch template changes. */
export interface InstanceRefreshArgs {
  /** What the refresh does with an instance that is protected because a job runs on it. Default: `Wait`. */
  protectedInstances?: ProtectedInstances;

  /**
   * Percentage of the desired capacity that stays in service. Limits: 0 to 100. Default: 100, so that even a single
   * runner is replaced only after its replacement is in service.
   */
  minHealthyPercentage?: number;

  /**
   * Percentage of the desired capacity to which the group may grow while replacements launch. Limits: 100 to 200, and
   * at most 100 above `minHealthyPercentage` (EC2 Auto Scaling). Default: 110, and at least one additional instance.
   */
  maxHealthyPercentage?: number;
}
