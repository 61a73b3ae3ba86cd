/**
 * Every fault that needs a row in the table, in the table's order. Adding one here without a test fails
 * `table.test.ts`; a test of a fault that is not listed does not compile.
 */
export const FAULTS = {
  Agent: [
    "agent killed with SIGKILL while idle",
    "agent killed with SIGKILL during a job",
    "agent killed with SIGKILL during a drain",
    "drain process killed with SIGKILL during the job that it waits for",
    "completion killed with SIGKILL",
    "agent socket gone",
  ],
  "Instance metadata": ["IMDS slow", "IMDS answers 401", "IMDS answers 404", "IMDS down for 10 minutes", "IMDS session token expired"],
  "Auto Scaling": [
    "Throttling for minutes on CompleteLifecycleAction",
    "Throttling for minutes on RecordLifecycleActionHeartbeat",
    "Throttling for minutes on SetInstanceProtection",
    "Throttling for minutes on DescribeAutoScalingInstances",
    "Throttling for minutes on the sweep's calls",
    "ResourceContention for minutes on CompleteLifecycleAction",
    "ResourceContention for minutes on RecordLifecycleActionHeartbeat",
    "ResourceContention for minutes on SetInstanceProtection",
    "ResourceContention for minutes on DescribeAutoScalingInstances",
    "ResourceContention for minutes on the sweep's calls",
    "CompleteLifecycleAction lost",
    "CompleteLifecycleAction repeated",
    "No active Lifecycle Action found",
    "heartbeats failing until the timeout",
    "hook deleted during a drain",
  ],
  Events: ["event lost", "event duplicated", "event late", "event before the instance has booted", "event for an instance that is gone"],
  Functions: ["function crash", "function timeout", "function cold start", "dead-letter replay"],
  "Systems Manager": ["SSM agent never registered", "SSM agent offline", "SSM command delivered late", "SSM command delivered twice"],
  GitHub: [
    "GitHub answers 401",
    "GitHub answers 403 rate limit",
    "GitHub answers 404",
    "GitHub answers 422 busy",
    "GitHub answers 502",
    "GitHub slow",
    "GitHub down for an hour",
    "answers to acquisitions lost",
    "busy flag false on a busy runner",
    "busy flag true on an idle runner",
  ],
  Registration: [
    "registration secret missing",
    "registration secret stale",
    "registration secret already used",
    "runner name already registered",
  ],
  "Scale-in": [
    "instance scaled in before it ever came into service",
    "instance scaled in during bootstrap",
    "instance scaled in while in the warm pool",
    "instance scaled in while leaving the warm pool",
    "two scale-ins at once",
    "all instances protected",
    "max lifetime on a busy instance",
    "instance refresh on a busy instance",
  ],
  Host: [
    "reboot during a drain",
    "power-off without notice",
    "listener crash during a job",
    "listener crash during a drain",
    "worker hung forever",
    "full disk during a job and its drain",
    "clock jump of an hour forward",
    "clock jump of an hour back",
    "daemon-reload during a job",
    "daemon-reload during a drain",
    "unattended upgrade restarting services",
    "restart of the agent during a drain",
  ],
  Jobs: ["job that stops and masks units", "job that kills what its user may", "job that forks daemons which outlive it"],
  Spot: ["Spot notice with a short job", "Spot notice with a long job"],
} as const;

export type FaultName = (typeof FAULTS)[keyof typeof FAULTS][number];

export const REQUIRED: readonly FaultName[] = Object.values(FAULTS).flat();
