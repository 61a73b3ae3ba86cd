import { WaitCause } from "../../../../contract/workflow-jobs/ledger";
import type { WaitingJob } from "../../../shared/demand/source";
import type { Runners } from "./supply";

export interface WaitContext {
  /** Oldest first. */
  waiting: readonly WaitingJob[];
  /** Those of `waiting` that count as demand. */
  runnable: readonly WaitingJob[];
  runners: Runners;
  /** Those of `runnable` that no idle runner takes. */
  ignored: readonly WaitingJob[];
  /** Instances that boot, or that Auto Scaling is about to launch. */
  starting: number;
  /** Launches have failed, and none has succeeded since. */
  failing: boolean;
}

/**
 * Why each job waits: one cause at most. Idle runners go to the oldest jobs, as GitHub assigns them; a job that has one is about to
 * be assigned, and has no cause unless that takes too long. The others wait for instances that boot, and the last for the maximum.
 */
export function waitCauses(context: WaitContext): Record<string, WaitCause> {
  const { waiting, runners, failing } = context;
  const runnable = new Set(context.runnable);
  const ignored = new Set(context.ignored);
  let { free } = runners;
  let { starting } = context;

  const causeOf = (job: WaitingJob): WaitCause | undefined => {
    if (!runnable.has(job)) return job.cause === WaitCause.GroupNotAllowed ? WaitCause.GroupNotAllowed : WaitCause.SourceStale;
    if (free-- > 0) return ignored.has(job) ? WaitCause.NotAssigned : undefined;
    if (failing) return WaitCause.LaunchFailing;
    return starting-- > 0 ? WaitCause.Booting : WaitCause.AtMaximum;
  };
  const causes: Record<string, WaitCause> = {};
  for (const job of waiting) {
    const cause = causeOf(job);
    if (cause !== undefined) causes[job.id] = cause;
  }
  return causes;
}
