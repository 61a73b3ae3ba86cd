import type { DemandSettings } from "../../contract/actions-runner-pool/demand";
import type { PoolRegistration } from "../../contract/workflow-jobs/ledger";
import type { RunnerArchitecture } from "../shared/runner-archive";
import type { PoolSettings } from "./settings";

export type PoolDemand = NonNullable<PoolSettings["demand"]>;

/** Where a schedule names none: a time that is the same for everyone, and that no clock change moves. */
const TIME_ZONE = "UTC";

/** What the scaler gets of the arguments. */
export function scalingSettings({ idleTimeout, minIdle, schedules }: PoolDemand): DemandSettings {
  return { idleTimeout, minIdle, schedules: withTimeZone(schedules) };
}

export function withTimeZone(schedules: PoolDemand["schedules"]): DemandSettings["schedules"] {
  return schedules.map(({ cron, timeZone = TIME_ZONE, duration, minSize }) => ({ cron, timeZone, duration, minSize }));
}

/** What the source learns of the pool: which jobs its runners can take. */
export function poolRegistration(
  { github, labels, noDefaultLabels, runnerGroup }: PoolSettings,
  { priority, rerunLostJobs }: PoolDemand,
  architecture: RunnerArchitecture,
): Omit<PoolRegistration, "pool"> {
  return {
    labels: [...new Set([...(noDefaultLabels ? [] : gitHubsOwn(architecture)), ...labels].map((label) => label.toLowerCase()))],
    priority,
    ...(runnerGroup === undefined ? {} : { runnerGroup }),
    ...(github.repository === undefined ? {} : { repository: github.repository }),
    ...(rerunLostJobs ? { rerunLostJobs } : {}),
  };
}

/** The labels that a runner gives itself. */
function gitHubsOwn(architecture: RunnerArchitecture): string[] {
  return ["self-hosted", "linux", architecture];
}
