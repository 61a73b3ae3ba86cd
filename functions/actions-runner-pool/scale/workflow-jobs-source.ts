import { type JobRow, openJobsList, SOURCE_KEY, type SourceHealth } from "../../../contract/workflow-jobs/ledger";
import type { Demand, DemandSource, RunningJob, WaitingJob } from "../../shared/demand/source";
import type { Item } from "../../shared/ledger/attributes";
import type { LedgerTable } from "../../shared/ledger/table";

/**
 * The queue of one pool, from the ledger of GitHub's workflow jobs. Its list is an index, which lags behind the rows, usually by less
 * than a second: a pass after a signal waits that long, and the schedule's next one sees what it missed. Expired rows are not in it.
 */
export function workflowJobsSource(table: LedgerTable, pool: string): DemandSource {
  return {
    async read(signal) {
      const [health, rows] = await Promise.all([table.get(SOURCE_KEY, signal), table.list(openJobsList(pool), signal)]);
      return { ...queueOf(rows), ...healthOf(health ?? {}) };
    },
  };
}

function healthOf({ reconciledAt = "", problem }: Partial<SourceHealth> & Item): Pick<Demand, "completeAt" | "problem"> {
  const completeAt = Date.parse(reconciledAt);
  if (Number.isNaN(completeAt)) return { completeAt: 0, problem: problem ?? "the queue has not been reconciled yet" };
  return { completeAt, ...(problem === undefined ? {} : { problem }) };
}

/** A job with the status `waiting` waits for an approval or another run, and no runner could take it. */
function queueOf(rows: readonly Item[]): Pick<Demand, "waiting" | "running"> {
  const waiting: WaitingJob[] = [];
  const running: RunningJob[] = [];
  for (const row of rows as unknown as JobRow[]) {
    const since = Date.parse(row.createdAt);
    if (Number.isNaN(since)) continue;
    if (row.jobStatus === "queued") waiting.push(waitingJob(row, since));
    else if (row.jobStatus === "in_progress") running.push(runningJob(row, since));
  }
  return { waiting: waiting.sort((a, b) => a.since - b.since), running };
}

function waitingJob({ jobId, confirmedAt, repository, labels, cause }: JobRow, since: number): WaitingJob {
  return { id: String(jobId), since, confirmedAt: Date.parse(confirmedAt), repository, labels, ...(cause === undefined ? {} : { cause }) };
}

/** Without its start, the time that it has waited is not known. */
function runningJob({ jobId, runner, startedAt }: JobRow, queuedAt: number): RunningJob {
  const started = Date.parse(startedAt ?? "");
  const times = Number.isNaN(started) ? { since: queuedAt } : { since: started, queuedAt };
  return { id: String(jobId), ...(runner ? { runner } : {}), ...times };
}
