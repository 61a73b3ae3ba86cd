/**
 * Reconcile function: makes the ledger agree with GitHub's queue, whatever deliveries were lost, and says how sure it is.
 *
 * ## Trigger
 *
 * The rule `<name>-reconcile` every 5 min, or a manual invocation; the event's content is ignored.
 *
 * ## Work
 *
 * - Deliveries since the last run that were not confirmed: request each again, in at most three runs, but not while the webhook points
 *   elsewhere (deliveries.ts).
 * - Active repositories (a job of ours in 48 h): read their queued and running runs and the jobs of those. A job without a row is
 *   added, a row that is behind is corrected (active-repositories.ts, queue-truth.ts).
 * - Open rows without news for a minute that these reads did not confirm: ask for each run, then for each job. One that GitHub does
 *   not know, or did not confirm for 48 h, is closed as lost (open-rows.ts).
 * - Waiting jobs whose pool came, went or changed its labels: move them. Report those that no pool serves.
 * - Record the source's health, and signal the pools whose demand has changed.
 * - Runner groups that do not admit a waiting job's repository: record it as the cause (runner-groups.ts).
 * - The webhook: report it if it points elsewhere, or lacks the event (hook-check.ts).
 * - Jobs that GitHub did not assign and then ended: run them again, where the pool allows it (lost-jobs.ts).
 * - All repositories, a part in each run, so that each is read once in 30 min (full-round.ts). It gets the calls that remain, and is
 *   late while more than some 20 repositories have runs at the same time. Of more than 2,000 each round has the next 2,000.
 *
 * ## Fallbacks
 *
 * - Each part fails separately: it is logged, counted as `ReconcileErrors` and left to the next run.
 * - The source is healthy if the active repositories and the open rows were read. Else `problem` says why, and the pools' scalers
 *   hold what they have at once. The time of the last success stays: without a report they do so 13 min after it.
 * - A single repository or job that cannot be read does not make it unhealthy: it is logged, counted as `ReconcileErrors` and read
 *   again in its turn. A repository that has no turn does: one with open jobs after 13 min, any other after 30 min.
 * - A repository that is gone is forgotten, and jobs that are gone are closed, but only after a call that proves that GitHub still
 *   admits the App. One that GitHub refuses does not make the source stale, unless it refuses all. If only one
 *   is active, and fails or is refused, one that is not active shows whether GitHub answers at all.
 * - A row that was closed as lost is opened again if GitHub lists its job: the only completed row that is.
 * - A queued row of a pool that is no longer registered is in a list that no one reads; it is moved when GitHub lists its job.
 * - Lambda does not retry, because the next run does. A concurrent second run is safe: every write is conditional, and a delivery
 *   that is requested twice changes nothing.
 *
 * ## Bounds
 *
 * - 133 calls of GitHub a run for up to 200 repositories, 1,600 an hour, in proportion more beyond; four a second; none that would
 *   leave less than 20 % of the App's quota. Requests of deliveries: 30 a run, single rows: 40, re-runs: 10, runs of one repository: 40.
 * - The run has 200 s, the function 240 s, less than the interval. No call begins in the last 20 s.
 *
 * ## Gotchas
 *
 * - GitHub's lists lag behind its events, so that they never lower a row's rank, but for a queued job that is held back again.
 * - A run that has a running job is `in_progress`, although others of its jobs are queued.
 * - A 304 says that the list of runs is the same, not that their jobs are.
 * - ETags depend on the token, which changes hourly: do not count on 304s.
 * - Redeliveries have the GUID of the first delivery, so that a success of any attempt counts.
 */
import type { JobRow } from "../../../contract/workflow-jobs/ledger";
import { SOURCE_METRIC } from "../../../contract/workflow-jobs/metrics";
import { DEMAND_TIMING } from "../../../contract/workflow-jobs/timing";
import { type Observer, reasonOf } from "../../shared/lambda/observer";
import { within } from "../../shared/lambda/timeout";
import { servedAccount } from "../shared/account";
import { signalDemand } from "../shared/demand-signal";
import { AccessProof } from "./access-proof";
import { readActiveRepositories } from "./active-repositories";
import { attempt } from "./attempt";
import { CallBudget } from "./call-budget";
import { requestLostDeliveries } from "./deliveries";
import { continueFullRound } from "./full-round";
import { checkHook } from "./hook-check";
import { rerunLostJobs } from "./lost-jobs";
import { confirmOpenRows } from "./open-rows";
import type { ReconcilePorts, ReconcileSettings, Run } from "./ports";
import { QueueTruth } from "./queue-truth";
import { RepositoryReader } from "./repository-reader";
import { checkRunnerGroups } from "./runner-groups";

/** @throws if the ledger or GitHub's settings cannot be read at all, after recording the problem if that is possible. */
export async function reconcile(ports: ReconcilePorts, settings: () => ReconcileSettings, observer: Observer): Promise<void> {
  const bound = DEMAND_TIMING.reconcileBound * 1000;
  let recorded = false;
  try {
    await within(ports.clock, "the reconciliation", bound, async (signal) => {
      const run = await begin(ports, settings(), observer, signal);
      const reader = new RepositoryReader(run, await run.memory.repositories(signal));
      const problem = await readQueue(run, reader);
      await recordHealth(run, problem);
      recorded = true;
      await signalPools(run);
      await otherParts(run, reader);
      await finish(run, problem);
    });
  } catch (error) {
    observer.count(SOURCE_METRIC.reconcileErrors);
    // After the bound, with a signal of its own: the pools' scalers must learn of it.
    if (!recorded) await ports.memory.writeHealth({ problem: reasonOf(error) }, AbortSignal.timeout(5_000)).catch(() => {});
    throw error;
  }
}

async function begin(ports: ReconcilePorts, settings: ReconcileSettings, observer: Observer, signal: AbortSignal): Promise<Run> {
  const startedAt = ports.clock.now();
  const pools = await ports.ledger.pools(signal);
  const open: JobRow[] = [];
  for (const pool of [undefined, ...pools.map((one) => one.pool)]) open.push(...(await ports.ledger.openJobs(pool, signal)));
  const gitHub = ports.gitHub();
  const serving = { account: servedAccount(gitHub.scope), pools, ours: settings.ours };
  const truth = new QueueTruth(open, serving, ports, observer.log);
  const round = await ports.memory.read("round", signal);
  const endsAt = startedAt + DEMAND_TIMING.reconcileBound * 1000;
  const budget = new CallBudget(round?.repositories.length ?? 0, gitHub.actions, ports.clock, endsAt);
  const access = new AccessProof(gitHub.actions, budget);
  return { ...ports, ...gitHub, settings, pools, truth, budget, round, access, observer, startedAt, signal };
}

/** Returns why the queue is not known as a whole; undefined if it is. */
async function readQueue(run: Run, reader: RepositoryReader): Promise<string | undefined> {
  const { observer, truth, signal } = run;
  await attempt("requesting lost deliveries", observer, () => requestLostDeliveries(run));
  const active = await attempt("reading active repositories", observer, () => readActiveRepositories(run, reader));
  const rows = await attempt("confirming open jobs", observer, () => confirmOpenRows(run));
  await attempt("moving waiting jobs", observer, () => truth.replace(signal));
  return active ?? rows;
}

/** At once: what remains may take the rest of the time, and the pools' scalers do not depend on it. */
async function recordHealth({ memory, observer, startedAt, signal }: Run, problem: string | undefined): Promise<void> {
  await memory.writeHealth(problem === undefined ? { reconciledAt: new Date(startedAt).toISOString() } : { problem }, signal);
  if (problem === undefined) observer.count(SOURCE_METRIC.reconciliations);
}

async function otherParts(run: Run, reader: RepositoryReader): Promise<void> {
  const { observer } = run;
  await attempt("checking runner groups", observer, () => checkRunnerGroups(run));
  await attempt("checking the webhook", observer, () => checkHook(run));
  await attempt("running lost jobs again", observer, () => rerunLostJobs(run, reader));
  // Last, with the calls that remain.
  await attempt("reading all repositories in turn", observer, () => continueFullRound(run, reader));
}

async function finish(run: Run, problem: string | undefined): Promise<void> {
  const { truth, budget, observer } = run;
  await signalPools(run);
  const unserved = truth.open.filter(({ pool, jobStatus }) => pool === undefined && jobStatus === "queued").length;
  observer.count(SOURCE_METRIC.unservedJobs, unserved);
  observer.count(SOURCE_METRIC.repairedJobs, truth.repaired);
  observer.count(SOURCE_METRIC.gitHubCalls, budget.spent);
  observer.log.info("reconciled", { problem, unserved, repaired: truth.repaired, gitHubCalls: budget.spent, exhausted: budget.exhausted });
}

/** Those whose demand has changed since the last signals. */
async function signalPools(run: Run): Promise<void> {
  const { changed } = run.truth;
  for (const pool of changed) {
    changed.delete(pool);
    await signalDemand(pool, run, run.observer, run.signal);
  }
}
