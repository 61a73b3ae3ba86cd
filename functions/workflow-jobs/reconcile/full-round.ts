import { DEMAND_TIMING } from "../../../contract/workflow-jobs/timing";
import type { Memories } from "./memory";
import type { Run } from "./ports";
import type { RepositoryReader } from "./repository-reader";

const ROUND_MS = DEMAND_TIMING.fullRound * 1000;
const INTERVAL_MS = DEMAND_TIMING.reconcileInterval * 1000;
/**
 * Repositories of one round; the next round has the next ones. Two calls for each are 8,000 an hour, near what GitHub's largest quota of
 * 12,500 leaves beside the pools, and their names of at most 140 bytes fit into one item of DynamoDB, which may have 400 KB.
 */
export const ROUND_SIZE = 2_000;
/** Repositories that failed before, and are read again in one reconciliation outside of the round. */
const RETRIES = 5;

/** Continues the round over all repositories, in which each is read once in 30 min: it finds what no event and no row announced. */
export async function continueFullRound(run: Run, reader: RepositoryReader): Promise<void> {
  const { memory, access, signal, observer, startedAt } = run;
  const round = await currentRound(run);
  if (round === undefined) return;
  const due = Math.min(round.repositories.length, Math.ceil((round.repositories.length * elapsed(round.startedAt, startedAt)) / ROUND_MS));
  const batch = round.repositories.slice(round.next, due);
  const stale = batch.filter((repository) => (reader.state(repository).readAt ?? 0) < round.startedAt);
  const { read, postponed, failure } = await reader.readAll(stale, 0);
  if (postponed.length > 0) observer.log.warn("the full round is late", { postponed: postponed.length, reason: run.budget.exhausted });
  // Unless GitHub is away, what failed is the repositories' own: the round goes on, and they are read again apart.
  if (read === 0 && failure !== undefined) await access.demand(signal);
  // What was postponed is read by the next run, which skips those that were read.
  await memory.write("round", { ...round, next: postponed.length > 0 ? round.next : Math.max(round.next, due) }, signal);
  const failed = reader.states.filter(({ failedAt }) => failedAt !== undefined).sort((a, b) => a.failedAt! - b.failedAt!);
  await reader.readAll(
    failed.slice(0, RETRIES).map(({ repository }) => repository),
    0,
  );
}

/** With the interval that has just begun: a round ends with the last run in it. */
const elapsed = (roundStart: number, now: number) => now - roundStart + INTERVAL_MS;

async function currentRound({ round, scope, actions, budget, observer, startedAt, signal }: Run): Promise<Memories["round"] | undefined> {
  // One repository is always active.
  if ("repository" in scope) return undefined;
  // A tolerance of half an interval: the schedule is not exact.
  const over = !round || (round.next >= round.repositories.length && startedAt - round.startedAt >= ROUND_MS - INTERVAL_MS / 2);
  if (!over) return round;
  if (!(await budget.take(signal))) return round;
  const all = (await actions.repositories(signal)).filter(({ dormant }) => !dormant).map(({ name }) => name);
  budget.notePages(all.length);
  const repositories = nextPart(all, round?.repositories.at(-1));
  if (repositories.length < all.length) {
    observer.log.warn("more repositories than one full round holds; the next rounds have the others", { repositories: all.length });
  }
  budget.resize(repositories.length);
  return { startedAt, repositories, next: 0 };
}

/** @param last of the round before. */
function nextPart(all: readonly string[], last = ""): string[] {
  if (all.length <= ROUND_SIZE) return [...all];
  const sorted = [...all].sort();
  const after = sorted.filter((name) => name > last);
  return (after.length > 0 ? after : sorted).slice(0, ROUND_SIZE);
}
