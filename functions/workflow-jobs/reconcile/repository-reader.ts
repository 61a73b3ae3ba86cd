import { SOURCE_METRIC } from "../../../contract/workflow-jobs/metrics";
import type { RunStatus } from "../../shared/github/api";
import { GitHubError } from "../../shared/github/error";
import { reasonOf } from "../../shared/lambda/observer";
import type { KnownRuns, RepositoryState } from "./memory";
import type { Run } from "./ports";

/**
 * Runs whose jobs are read in one repository and reconciliation; the next one goes on with the others. A repository with hundreds of
 * runs would else take the calls of all others, in every reconciliation.
 */
const RUNS_READ = 40;
/** The same of the only repository of the account, which has no others beside it: nearly all calls of a reconciliation, if any are left. */
const RUNS_READ_ALONE = 100;

/** Outcome of reading several repositories. */
interface Readings {
  read: number;
  /** Not read, because the budget of calls is exhausted. */
  postponed: string[];
  /** Could not be read, or were refused. */
  failed: number;
  /** Why the first that failed could not be read. */
  failure?: string;
  /** Why GitHub refused, for the first that it refused. */
  refusal?: string;
}

/** Reads the runs of one repository once in a reconciliation, whichever part needs it. */
export class RepositoryReader {
  private readonly known: Map<string, RepositoryState>;
  /** Runs that are not completed, of each repository whose lists were read. */
  private readonly active = new Map<string, ReadonlySet<number>>();
  /** Repositories that were read, or that failed. */
  private readonly tried = new Set<string>();

  constructor(
    private readonly run: Run,
    states: readonly RepositoryState[],
  ) {
    this.known = new Map(states.map((state) => [state.repository.toLowerCase(), state]));
  }

  state(repository: string): RepositoryState {
    return this.known.get(repository.toLowerCase()) ?? { repository };
  }

  get states(): RepositoryState[] {
    return [...this.known.values()];
  }

  /** Undefined if the repository's lists were not read in this reconciliation. */
  activeRuns(repository: string): ReadonlySet<number> | undefined {
    return this.active.get(repository.toLowerCase());
  }

  /**
   * One that fails does not keep the others from being read.
   *
   * @param keep calls that must remain.
   * @throws what concerns all of them: a rate limit, the end of the App's access, the end of the time.
   */
  async readAll(repositories: readonly string[], keep: number): Promise<Readings> {
    const readings: Readings = { read: 0, postponed: [], failed: 0 };
    for (const repository of repositories) {
      if (this.tried.has(repository.toLowerCase())) continue;
      try {
        if (!(await this.read(repository, keep))) {
          readings.postponed.push(repository);
          continue;
        }
        readings.read += 1;
      } catch (error) {
        this.run.signal.throwIfAborted();
        if (error instanceof GitHubError && error.retryAt !== undefined) throw error;
        await this.failed(repository, error, readings);
      }
      this.tried.add(repository.toLowerCase());
    }
    return readings;
  }

  /**
   * False if the budget suffices for none of its runs: the repository does not count as read, so that it comes first in the next
   * reconciliation. One of whose runs a part was read has had its turn, and the next one goes on after them: a repository whose runs
   * never fit into one reconciliation would else take the calls of all others, and be unknown for ever.
   */
  private async read(repository: string, keep: number): Promise<boolean> {
    const { budget, scope, clock, signal } = this.run;
    const readAt = clock.now();
    const state = this.state(repository);
    // In this order: a run that starts between the two reads is in the second list.
    const queued = await this.runs(repository, "queued", state.queued, keep);
    const inProgress = queued && (await this.runs(repository, "in_progress", state.inProgress, keep));
    if (!queued || !inProgress) return false;
    const active = new Set([...queued.runs, ...inProgress.runs]);
    this.active.set(repository.toLowerCase(), active);
    const runs = inTurn(active, state.lastRun).slice(0, "repository" in scope ? RUNS_READ_ALONE : RUNS_READ);
    let lastRun: number | undefined;
    for (const runId of runs) {
      if (!(await budget.take(signal, keep))) {
        if (lastRun === undefined) return false;
        break;
      }
      lastRun = runId;
      // Before it is read: one that always fails must not keep the next reconciliation from the others.
      this.known.set(repository.toLowerCase(), { ...state, lastRun });
      await this.readJobs(repository, runId, readAt);
    }
    const complete = active.size === 0 || (lastRun === runs.at(-1) && runs.length === active.size);
    await this.note({ repository, readAt, queued, inProgress, ...(complete ? {} : { lastRun }) });
    return true;
  }

  private async runs(repository: string, status: RunStatus, known: KnownRuns | undefined, keep: number): Promise<KnownRuns | undefined> {
    const { actions, budget, access, signal } = this.run;
    if (!(await budget.take(signal, keep))) return undefined;
    const reply = await actions.runs(repository, status, known?.etag, signal);
    access.note();
    // The runs may be the same while their jobs are not, so that those are read nevertheless.
    if (reply.unchanged) return known ?? { runs: [] };
    budget.notePages(reply.value.length);
    const runs = reply.value.map(({ id }) => id);
    return reply.etag === undefined ? { runs } : { runs, etag: reply.etag };
  }

  private async readJobs(repository: string, runId: number, readAt: number): Promise<void> {
    const { actions, budget, truth, signal } = this.run;
    try {
      const reply = await actions.jobs(repository, runId, undefined, signal);
      const jobs = reply.unchanged ? [] : reply.value;
      budget.notePages(jobs.length);
      for (const job of jobs) await truth.observe(job, repository, readAt, signal);
    } catch (error) {
      // A person has deleted the run since it was listed. The repository itself has just been found.
      if (!(error instanceof GitHubError && error.status === 404)) throw error;
    }
  }

  /** A repository that is not found is gone, or no longer the App's. */
  private async failed(repository: string, error: unknown, readings: Readings): Promise<void> {
    const { memory, observer, access, clock, signal } = this.run;
    const reason = `${repository}: ${reasonOf(error)}`;
    observer.log.warn("a repository could not be read; continuing", { repository, reason: reasonOf(error) });
    if (error instanceof GitHubError && error.status === 404) {
      await access.demand(signal);
      return memory.forgetRepository(repository, signal);
    }
    readings.failed += 1;
    if (error instanceof GitHubError && !error.transient) readings.refusal ??= reason;
    else {
      observer.count(SOURCE_METRIC.reconcileErrors);
      readings.failure ??= reason;
    }
    await this.note({ ...this.state(repository), failedAt: clock.now() });
  }

  private async note(state: RepositoryState): Promise<void> {
    const { memory, clock, signal } = this.run;
    this.known.set(state.repository.toLowerCase(), state);
    await memory.writeRepository(state, clock.now(), signal);
  }
}

/** Those after the run that was read last come first. */
function inTurn(runs: ReadonlySet<number>, last = 0): number[] {
  const ordered = [...runs].sort((a, b) => a - b);
  return [...ordered.filter((id) => id > last), ...ordered.filter((id) => id <= last)];
}
