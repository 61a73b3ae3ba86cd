/** Metrics that functions and hosts emit and that the component's alarms watch. Dimension: Pool. */
export const POOL_DIMENSION = "Pool";

export const METRIC = {
  /** Count: a drain reached maxDrain and the runner was stopped with its job. Emitted by the host. */
  forcedStops: "ForcedStops",
  /** Count: the stop could not be sent to a terminating host; the host still sees its state itself, only later by a second. */
  stopFailures: "StopFailures",
  /** Count: an instance is gone, or fell silent in its drain, while GitHub still counts a job on its runner: that job is lost, or about to be reported so. */
  busyAtTermination: "BusyAtTermination",
  /** Count: an event that is not shaped as AWS documents it; nothing was done. */
  malformedEvents: "MalformedEvents",
  /** Count: no registration token could be minted; the launch will be abandoned if it stays so. */
  registrationFailures: "RegistrationFailures",
  /** Count per sweep: instances in Terminating:Wait for longer than maxDrain. */
  overdueDrains: "OverdueDrains",
  /** Count per sweep: instances in a *:Retained state. */
  retainedInstances: "RetainedInstances",
  /** Count per sweep: instances in service for 10 minutes or more whose runner is not online at GitHub: they cost money and do nothing. */
  unregisteredInstances: "UnregisteredInstances",
  /** Count per sweep: GitHub runners deleted because their instance is gone. */
  orphanRunners: "OrphanRunners",
  /** Count per sweep: registration secrets deleted because their instance is gone. */
  orphanSecrets: "OrphanSecrets",
  /** Count per sweep: items that could not be handled; the sweep went on without them. */
  sweepErrors: "SweepErrors",
} as const;
