import { WaitCause } from "../workflow-jobs/ledger";

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
  /**
   * Count: an instance that returned to the warm pool could not be renewed, so its next launch renews it or is abandoned.
   * Emitted by the host; no alarm.
   */
  failedRenewals: "FailedRenewals",
  /** Count: a host could not deliver its logs for 5 minutes, once per 5 minutes. Emitted by the host. */
  hostLogFailures: "HostLogFailures",
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
  /** Count per sweep: runners of the pool's instances that run a job at GitHub. Absent if GitHub's list was not read. */
  busyRunners: "BusyRunners",
  /** Count per sweep: runners of the pool's instances that are online at GitHub, with and without a job. Absent likewise. */
  onlineRunners: "OnlineRunners",
} as const;

/** Metrics of the scaler of a pool with a source of demand. Dimension: Pool. What could not be read is not published. */
export const SCALE_METRIC = {
  /** Seconds, one value for each job that started: from queued to started. */
  queueTime: "QueueTime",
  /** Count per pass: jobs that wait and that an idle runner of the pool could take. */
  waitingJobs: "WaitingJobs",
  /** Seconds per pass: for which the oldest of them has waited; 0 without any. */
  longestWait: "LongestWait",
  /** Count per pass: jobs that run. */
  runningJobs: "RunningJobs",
  /** Count per pass: instances in service without a job. */
  idleRunners: "IdleRunners",
  /** Count per pass: instances in service. */
  inService: "InService",
  /** Count per pass: instances that queue, floors and limits ask for. */
  wantedRunners: "WantedRunners",
  /** Count: instances that have appeared in the group since the pass before. */
  launches: "Launches",
  /** Count: launches that failed since the pass before, by EC2 or by a hook that was abandoned. */
  failedLaunches: "FailedLaunches",
  /** Seconds, one value for each instance that entered service: from its launch on. */
  bootToOnline: "BootToOnline",
  /** Instance-hours without a job since the pass before. Their sum over a month is what idleness cost. */
  idleInstanceHours: "IdleInstanceHours",
  /** Seconds since the source last knew the whole queue. Absent while it never has. */
  sourceAge: "SourceAge",
  /** Count: passes. Its absence is the dead-man's signal of the schedule. */
  scalerPasses: "ScalerPasses",
  /** Count per pass: calls and reads that failed; the next pass repeats them. */
  scalerErrors: "ScalerErrors",
} as const;

/** Count per pass: waiting jobs by cause. A job that no pool serves is counted by the source (`UnservedJobs`). */
export const WAIT_CAUSE_METRIC: Readonly<Record<Exclude<WaitCause, typeof WaitCause.NoPool>, string>> = {
  [WaitCause.AtMaximum]: "JobsAtMaximum",
  [WaitCause.Booting]: "BootingJobs",
  [WaitCause.LaunchFailing]: "LaunchFailingJobs",
  [WaitCause.GroupNotAllowed]: "GroupNotAllowedJobs",
  [WaitCause.NotAssigned]: "NotAssignedJobs",
  [WaitCause.SourceStale]: "SourceStaleJobs",
};
