/** Metrics that functions and hosts emit and that the component's alarms watch. Dimension: Pool. */
export const POOL_DIMENSION = "Pool";

export const METRIC = {
  /** Count: a drain reached maxDrain and the runner was stopped with its job. Emitted by the host. */
  forcedStops: "ForcedStops",
  /**
   * Count: GitHub refused a job to a runner that had acknowledged its assignment. A canceled job causes it, and so does
   * actions/runner#4728, in which a job is canceled after several such refusals. Emitted by the host; no alarm.
   */
  refusedJobs: "RefusedJobs",
  /** Count: a host's disk is nearly full, once per launch and every 5 minutes in service: it takes no further job. Emitted by the host. */
  fullDisks: "FullDisks",
  /** Count: the stop could not be sent to a terminating host; the host still detects its state itself, about a second later. */
  stopFailures: "StopFailures",
  /**
   * Count: an instance terminated, or stopped responding while draining, while GitHub still reports a job on its runner:
   * that job is lost, or about to be reported as lost.
   */
  busyAtTermination: "BusyAtTermination",
  /**
   * Count: a runner was online or busy at GitHub although its instance ended 15 minutes ago or earlier: someone else uses
   * its credentials.
   */
  impostorRunners: "ImpostorRunners",
  /** Count: an event that does not have the format that AWS documents; it was ignored. */
  malformedEvents: "MalformedEvents",
  /** Count: no registration token could be created; the launch will be abandoned if this continues. */
  registrationFailures: "RegistrationFailures",
  /** Count per sweep: instances in Terminating:Wait for longer than maxDrain. */
  overdueDrains: "OverdueDrains",
  /** Count per sweep: instances in a *:Retained state. */
  retainedInstances: "RetainedInstances",
  /**
   * Count per sweep: instances on an earlier launch template than the group's that no refresh replaces, now or soon: it was
   * cancelled, or has failed several times.
   */
  outdatedInstances: "OutdatedInstances",
  /** Count per sweep: instances in service for 10 minutes or more whose runner is not online at GitHub: billed, but without a job. */
  unregisteredInstances: "UnregisteredInstances",
  /** Count per sweep: versions of the runner, installed or in use, that GitHub ends within 10 days or has ended. */
  expiringRunnerVersions: "ExpiringRunnerVersions",
  /** Count per sweep: GitHub runners deleted because their instance no longer exists. */
  orphanRunners: "OrphanRunners",
  /** Count per sweep: registration secrets deleted because their instance no longer exists. */
  orphanSecrets: "OrphanSecrets",
  /** Count per sweep: items that could not be handled; the sweep continued without them. */
  sweepErrors: "SweepErrors",
} as const;
