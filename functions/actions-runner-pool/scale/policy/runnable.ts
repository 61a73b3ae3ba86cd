import { WaitCause } from "../../../../contract/workflow-jobs/ledger";
import type { WaitingJob } from "../../../shared/demand/source";

/**
 * The waiting jobs for which a runner makes a difference. A job whose repository the runner group refuses would never be assigned
 * to it. While the source is stale, a job counts only if it was confirmed lately: others may have ended long ago.
 */
export function runnableJobs(waiting: readonly WaitingJob[], stale: boolean, staleAfter: number, now: number): WaitingJob[] {
  return waiting.filter(({ cause, confirmedAt }) => cause !== WaitCause.GroupNotAllowed && !(stale && now - confirmedAt > staleAfter));
}
