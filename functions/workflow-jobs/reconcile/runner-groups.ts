import { WaitCause } from "../../../contract/workflow-jobs/ledger";
import { DEMAND_TIMING } from "../../../contract/workflow-jobs/timing";
import type { RunnerGroup } from "../../shared/github/api";
import { setCause } from "../shared/row-writes";
import type { Memories } from "./memory";
import type { Run } from "./ports";

type Groups = Memories["groups"];

/** Key of the default group, whose name an organization may change. */
const DEFAULT = "";

/**
 * Marks the waiting jobs of repositories that their pool's runner group does not admit: GitHub never assigns them to it, however
 * many runners idle. The groups are read once in 30 min. A group for all, or for all private repositories, counts as admitting all.
 */
export async function checkRunnerGroups(run: Run): Promise<void> {
  const { scope, truth, ledger, clock, signal, observer } = run;
  // A repository's runners are in no group.
  if (!("organization" in scope) || run.pools.length === 0) return;
  const groups = await currentGroups(run, scope.organization);
  if (groups === undefined) return;
  for (const row of truth.open.filter(({ jobStatus }) => jobStatus === "queued")) {
    const pool = truth.poolOf(row);
    // The runners of a pool for one repository are that repository's own.
    if (!pool || pool.repository !== undefined) continue;
    const admitted = groups.admitted[groupKey(pool.runnerGroup)];
    const allowed = admitted === undefined || admitted === "all" || admitted.includes(row.repository.toLowerCase());
    const marked = row.cause === WaitCause.GroupNotAllowed;
    if (allowed !== marked) continue;
    const cause = allowed ? undefined : WaitCause.GroupNotAllowed;
    if ((await ledger.write(setCause(row, cause, clock.now()), signal)) === "refused") continue;
    truth.changed.add(pool.pool);
    const { jobId, repository } = row;
    if (allowed) observer.log.info("the runner group admits a waiting job's repository now", { jobId, repository, pool: pool.pool });
    else observer.log.warn("a job waits whose repository the pool's runner group does not admit", { jobId, repository, pool: pool.pool });
  }
}

async function currentGroups(
  { memory, actions, budget, pools, startedAt, signal }: Run,
  organization: string,
): Promise<Groups | undefined> {
  const known = await memory.read("groups", signal);
  const wanted = new Set(pools.filter(({ repository }) => repository === undefined).map(({ runnerGroup }) => groupKey(runnerGroup)));
  const complete = known && [...wanted].every((key) => key in known.admitted);
  if (complete && startedAt - known.readAt < DEMAND_TIMING.fullRound * 1000) return known;
  if (!(await budget.take(signal))) return known;
  const groups = await actions.runnerGroups(organization, signal);
  const admitted: Groups["admitted"] = {};
  for (const key of wanted) {
    const group = groups.find(({ name, isDefault }) => (key === DEFAULT ? isDefault : name.toLowerCase() === key));
    // A group that does not exist stays unknown; registration in it fails, and that is reported.
    const value = await repositoriesOf(group, organization, { actions, budget, signal });
    if (value === undefined) return known;
    admitted[key] = value;
  }
  const read = { readAt: startedAt, admitted };
  await memory.write("groups", read, signal);
  return read;
}

/** Undefined if the budget does not suffice. */
async function repositoriesOf(
  group: RunnerGroup | undefined,
  organization: string,
  { actions, budget, signal }: Pick<Run, "actions" | "budget" | "signal">,
): Promise<string[] | "all" | undefined> {
  if (group?.visibility !== "selected") return "all";
  if (!(await budget.take(signal))) return undefined;
  const names = await actions.groupRepositories(organization, group.id, signal);
  budget.notePages(names.length);
  return names.map((name) => name.toLowerCase());
}

const groupKey = (name: string | undefined) => name?.toLowerCase() ?? DEFAULT;
