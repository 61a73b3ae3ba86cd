import { type JobRow, WaitCause } from "../../../contract/workflow-jobs/ledger";
import { SOURCE_METRIC } from "../../../contract/workflow-jobs/metrics";
import { GitHubError } from "../../shared/github/error";
import { REPOSITORY_ACTIVE } from "../shared/job-ledger";
import { claimRerun, endedWithoutRunner, releaseRerun, settleEnded } from "../shared/row-writes";
import type { Run } from "./ports";
import type { RepositoryReader } from "./repository-reader";

/** Re-runs a run. */
const RERUNS = 10;
/** Rows a run that are decided: a person may cancel thousands of waiting jobs at once. The others remain listed. */
const DECISIONS = 500;

/**
 * Runs again what GitHub lost: jobs that it did not assign for 90 s while a runner with their labels was idle, and then ended
 * without a runner. Only for pools that allow it, once a job, and only the failed jobs of its run: succeeded ones, which may have
 * deployed something, are not repeated. While the run lasts, GitHub allows no re-run, so such jobs remain listed until it ends.
 *
 * A job that a person or a newer push cancels while GitHub does not assign it looks the same, and is run again, too: that is why
 * a pool must allow it.
 */
export async function rerunLostJobs(run: Run, reader: Pick<RepositoryReader, "activeRuns">): Promise<void> {
  const pools = run.pools.filter(({ rerunLostJobs: allowed }) => allowed);
  if (pools.length === 0) return;
  const reruns = new Reruns(run);
  try {
    for (const { pool } of pools) {
      const rows = await run.ledger.endedJobs(pool, run.signal);
      let decided = 0;
      for (const row of rows) {
        if (decided >= DECISIONS) break;
        if (isLost(row) && !isForgotten(row, run.startedAt)) {
          const active = reader.activeRuns(row.repository);
          // GitHub refuses while other jobs of the run last.
          if (active === undefined || active.has(row.runId) || !(await reruns.add(row))) continue;
        }
        await run.ledger.write(settleEnded(row.jobId), run.signal);
        decided += 1;
      }
    }
  } finally {
    run.observer.count(SOURCE_METRIC.rerunRuns, reruns.accepted);
  }
}

/** The runs that one reconciliation runs again. */
class Reruns {
  accepted = 0;
  /** Runs for which GitHub was asked already, for another of their jobs. */
  private readonly asked = new Set<string>();

  constructor(private readonly run: Run) {}

  /** False if the job has to wait for the next reconciliation. */
  async add(row: JobRow): Promise<boolean> {
    const { ledger, budget, clock, signal } = this.run;
    const key = `${row.repository}#${row.runId}`;
    const asked = this.asked.has(key);
    if (!asked && (this.accepted >= RERUNS || !(await budget.take(signal)))) return false;
    this.asked.add(key);
    // First the claim: two reconcilers must not both run it again.
    if ((await ledger.write(claimRerun(row.jobId, clock.now()), signal)) === "applied" && !asked) await this.ask(row);
    return true;
  }

  private async ask({ jobId, repository, runId, pool }: JobRow): Promise<void> {
    const { actions, ledger, observer, signal } = this.run;
    try {
      const result = await actions.rerun(repository, runId, "failed", signal);
      if (result.outcome === "accepted") {
        this.accepted += 1;
        observer.log.warn("a lost job's run was run again", { jobId, repository, runId, pool });
      } else observer.log.warn("GitHub does not run a lost job again", { jobId, repository, runId, pool, reason: result.reason });
    } catch (error) {
      // Without an answer it may run again already, and a second time would be once too often.
      if (isRefusal(error)) await ledger.write(releaseRerun(jobId), signal);
      throw error;
    }
  }
}

const isRefusal = (error: unknown) => error instanceof GitHubError && !error.transient && error.status >= 400;

const isLost = (row: JobRow) => endedWithoutRunner(row) && row.cause === WaitCause.NotAssigned && row.rerunAt === undefined;

/** The repository may not be read any more, so that the end of the run would not be seen. */
const isForgotten = ({ confirmedAt }: JobRow, now: number) => now - Date.parse(confirmedAt) > REPOSITORY_ACTIVE * 1000;
