import type { JobRow } from "../../../contract/workflow-jobs/ledger";
import { SOURCE_METRIC } from "../../../contract/workflow-jobs/metrics";
import { DEMAND_TIMING } from "../../../contract/workflow-jobs/timing";
import { GitHubError } from "../../shared/github/error";
import { reasonOf } from "../../shared/lambda/observer";
import type { Run } from "./ports";

/** Calls a run for single rows, beyond those that reading the repositories has confirmed. */
const CALLS = 40;
/** Calls that remain for the runner groups. */
const KEPT = 5;
/**
 * Transient failures after which a repository gets no more calls in this run. Its rows stay those without news for longest, and so the
 * first to be asked about: a repository with as many of them would take all calls of each run.
 */
const FAILURES = 2;

/**
 * Asks GitHub about the open rows without news, the longest without news first. Most are confirmed by the lists of the active
 * repositories; what remains are jobs that ended without a delivery. A row about which GitHub gives no answer keeps none of the others
 * waiting: it stays as it is, until it is closed after 48 h.
 *
 * @throws what concerns all rows: a rate limit, the end of the App's access.
 */
export async function confirmOpenRows(run: Run): Promise<void> {
  const { truth, clock, signal } = run;
  const longest = DEMAND_TIMING.longestQueue * 1000;
  for (const row of truth.unconfirmed) {
    if (clock.now() - Date.parse(row.confirmedAt) > longest) await truth.lose(row, "no word of it for 48 h", signal);
  }
  const questions = new Questions(run);
  // One call for all jobs of a run: a matrix may have 256.
  for (const rows of byRun(truth.unconfirmed)) if (rows.length >= 2) await readRun(run, rows, questions);
  for (const row of truth.unconfirmed) await readJob(run, row, questions);
  await questions.finish();
}

/** The questions of one reconciliation about single runs and jobs. GitHub may leave each without an answer. */
class Questions {
  private calls = 0;
  private answers = 0;
  private failures = 0;
  private ended = false;
  /** Runs that failed, whose jobs are not asked about one by one, and repositories that GitHub refuses as a whole, or that failed twice. */
  private readonly skipped = new Set<string>();
  /** Transient failures of each repository. */
  private readonly failed = new Map<string, number>();

  constructor(private readonly run: Run) {}

  /** Undefined if there is no answer. @throws a rate limit. */
  async ask<T>({ repository, runId }: JobRow, call: () => Promise<T>): Promise<{ answer: T } | undefined> {
    const { budget, signal, observer } = this.run;
    const runKey = `${repository}#${runId}`;
    if (this.ended || this.skipped.has(repository) || this.skipped.has(runKey)) return undefined;
    this.ended = this.calls++ >= CALLS || !(await budget.take(signal, KEPT));
    if (this.ended) return undefined;
    try {
      const answer = await call();
      this.answers += 1;
      return { answer };
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof GitHubError && error.retryAt !== undefined) throw error;
      if (error instanceof GitHubError) this.skip(repository, runKey, error.transient);
      this.failures += 1;
      observer.log.warn("GitHub gives no answer about an open job; continuing", { repository, runId, reason: reasonOf(error) });
      observer.count(SOURCE_METRIC.reconcileErrors);
      return undefined;
    }
  }

  private skip(repository: string, runKey: string, transient: boolean): void {
    const failed = (this.failed.get(repository) ?? 0) + 1;
    this.failed.set(repository, failed);
    this.skipped.add(transient && failed < FAILURES ? runKey : repository);
  }

  async finish(): Promise<void> {
    const { truth, access, observer, signal } = this.run;
    const rows = truth.unconfirmed.length;
    if (this.ended && rows > 0) observer.log.warn("open jobs without news are left to the next run", { rows });
    // If GitHub answers nothing at all, the failures are not the rows' own.
    if (this.failures > 0 && this.answers === 0) await access.demand(signal);
  }
}

async function readRun(
  { actions, budget, access, truth, clock, signal }: Run,
  rows: readonly JobRow[],
  questions: Questions,
): Promise<void> {
  const { repository, runId } = rows[0]!;
  const readAt = clock.now();
  const reply = await questions.ask(rows[0]!, () => unlessUnknown(actions.jobs(repository, runId, undefined, signal)));
  if (!reply) return;
  if (!reply.answer) {
    await access.demand(signal);
    for (const row of rows) await truth.lose(row, "GitHub does not know its run", signal);
  } else if (!reply.answer.unchanged) {
    access.note();
    budget.notePages(reply.answer.value.length);
    for (const job of reply.answer.value) await truth.observe(job, repository, readAt, signal);
  }
}

async function readJob({ actions, access, truth, clock, signal }: Run, row: JobRow, questions: Questions): Promise<void> {
  const readAt = clock.now();
  const reply = await questions.ask(row, () => actions.job(row.repository, row.jobId, signal));
  if (!reply) return;
  if (!reply.answer) {
    await access.demand(signal);
    return truth.lose(row, "GitHub does not know it", signal);
  }
  access.note();
  await truth.observe(reply.answer, row.repository, readAt, signal);
}

async function unlessUnknown<T>(reply: Promise<T>): Promise<T | undefined> {
  try {
    return await reply;
  } catch (error) {
    if (error instanceof GitHubError && error.status === 404) return undefined;
    throw error;
  }
}

function byRun(rows: readonly JobRow[]): JobRow[][] {
  const runs = new Map<string, JobRow[]>();
  for (const row of rows) {
    const key = `${row.repository}#${row.runId}`;
    const others = runs.get(key);
    if (others) others.push(row);
    else runs.set(key, [row]);
  }
  return [...runs.values()];
}
