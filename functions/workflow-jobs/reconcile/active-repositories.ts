import { DEMAND_TIMING } from "../../../contract/workflow-jobs/timing";
import { GitHubError } from "../../shared/github/error";
import { reasonOf } from "../../shared/lambda/observer";
import { REPOSITORY_ACTIVE } from "../shared/job-ledger";
import type { RepositoryState } from "./memory";
import type { Run } from "./ports";
import type { RepositoryReader } from "./repository-reader";

/** Calls that remain for the open rows and the runner groups after the active repositories were read. The full round comes last. */
const KEPT = 25;

/**
 * For which a repository may have no turn, in ms. With open jobs or runs it is as long as for the source itself; in another one only a job
 * whose delivery was lost could be unknown, which the full round finds as late. Of 200 repositories, all can be active within these times.
 */
const LIMIT_MS = { busy: DEMAND_TIMING.staleAfter * 1000, quiet: DEMAND_TIMING.fullRound * 1000 };

/**
 * Reads the repositories with a job of ours in the last 48 h: first those for which their limit is nearest. One that failed has had
 * its turn: another place, as the last of all, would keep it unknown for as long as the calls do not suffice for all.
 *
 * @throws if the queue is not known: nothing could be read, or a repository has had no turn within its limit.
 */
export async function readActiveRepositories(run: Run, reader: RepositoryReader): Promise<void> {
  const { observer, budget, truth, startedAt } = run;
  const open = new Set(truth.open.map(({ repository }) => repository.toLowerCase()));
  const isBusy = ({ repository, queued, inProgress }: RepositoryState) =>
    open.has(repository.toLowerCase()) || [queued, inProgress].some((known) => known !== undefined && known.runs.length > 0);
  /** 1: the limit is reached. @param without the last turn of one that has had none. */
  const lateness = (state: RepositoryState, without: number) =>
    (startedAt - (lastTurn(state) ?? without)) / (isBusy(state) ? LIMIT_MS.busy : LIMIT_MS.quiet);
  const urgency = (repository: string) => lateness(reader.state(repository), 0);
  const ordered = activeRepositories(run, reader).sort((a, b) => urgency(b) - urgency(a));
  const { read, postponed, failed, failure, refusal } = await reader.readAll(ordered, KEPT);
  if (postponed.length > 0) {
    observer.log.warn("active repositories postponed to the next run", { read, postponed: postponed.length, reason: budget.exhausted });
  }
  // Else it is the repository's own failure, which must not keep all pools from shrinking.
  if (read === 0 && failed > 0 && !(failed === 1 && (await answersForAnother(run, reader, ordered)))) {
    if (failure !== undefined) throw new Error(`no active repository could be read; the first is ${failure}`);
    throw new Error(`GitHub refuses all active repositories; the first is ${refusal}`);
  }
  if (budget.exhausted === "GitHub's quota") throw new Error("GitHub's quota is below the share that the pools need");
  const late = postponed.filter((repository) => {
    const state = reader.state(repository);
    return lateness(state, state.seenAt ?? startedAt) > 1;
  });
  if (late.length > 0)
    throw new Error(`${late.length} active repositories were not read in time, for want of calls; the first is ${late[0]}`);
}

/**
 * Whether GitHub lists the runs of a repository that is not active: only then is the failure of a single active one its own. Asked is
 * the one that was read last, because one that is broken, or gone, proves nothing.
 */
async function answersForAnother(run: Run, reader: RepositoryReader, active: readonly string[]): Promise<boolean> {
  const { round, budget, actions, access, observer, signal } = run;
  const known = new Set(active.map((repository) => repository.toLowerCase()));
  const others = (round?.repositories ?? []).filter((repository) => !known.has(repository.toLowerCase()));
  const readAt = (repository: string) => reader.state(repository).readAt ?? 0;
  const [other] = others.sort((a, b) => readAt(b) - readAt(a));
  if (other === undefined || !(await budget.take(signal))) return false;
  try {
    await actions.runs(other, "queued", undefined, signal);
    access.note();
    return true;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof GitHubError && error.retryAt !== undefined) throw error;
    observer.log.warn("another repository could not be read, either", { repository: other, reason: reasonOf(error) });
    return false;
  }
}

function lastTurn({ readAt, failedAt }: RepositoryState): number | undefined {
  return readAt === undefined || failedAt === undefined ? (readAt ?? failedAt) : Math.max(readAt, failedAt);
}

function activeRepositories({ scope, truth, startedAt }: Run, reader: RepositoryReader): string[] {
  const since = startedAt - REPOSITORY_ACTIVE * 1000;
  const active = new Map<string, string>();
  const add = (repository: string) => void active.set(repository.toLowerCase(), repository);
  if ("repository" in scope) add(`${scope.owner}/${scope.repository}`);
  for (const { repository } of truth.open) add(repository);
  for (const { repository, seenAt = 0 } of reader.states) if (seenAt >= since) add(repository);
  return [...active.values()];
}
