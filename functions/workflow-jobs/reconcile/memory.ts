import { reconcilerKey, REPOSITORY_PREFIX, repositoryKey, SOURCE_KEY } from "../../../contract/workflow-jobs/ledger";
import type { Item } from "../../shared/ledger/attributes";
import type { LedgerTable } from "../../shared/ledger/table";
import { REPOSITORY_ACTIVE } from "../shared/job-ledger";

/** A list of runs as it was last read, with its ETag: GitHub answers 304 as long as it is the same. */
export interface KnownRuns {
  etag?: string;
  runs: number[];
}

/** What is known of a repository. Times are ms since the epoch. */
export interface RepositoryState {
  repository: string;
  /** When a job of ours was last seen there, to the hour. */
  seenAt?: number;
  /** When its lists were last read, with the jobs of as many runs as one reconciliation reads. */
  readAt?: number;
  /** When it could not be read; absent if it was read since. */
  failedAt?: number;
  /** The run whose jobs were read last, if there are more than one reconciliation reads: the next one goes on after it. */
  lastRun?: number;
  queued?: KnownRuns;
  inProgress?: KnownRuns;
}

/** Parts of the memory, each an item with JSON text. */
export interface Memories {
  /** The full round over the repositories: at most full-round.ts' ROUND_SIZE of them. */
  round: { startedAt: number; repositories: string[]; next: number };
  /** Until when deliveries were checked, and each request for one again, its GUID and the time: those that GitHub accepted, and others. */
  deliveries: { until: number; requested: [guid: string, at: number][]; refused?: [guid: string, at: number][] };
  /** Repositories that each runner group admits, by the group's name in lower case; "" is the default group. */
  groups: { readAt: number; admitted: Record<string, string[] | "all"> };
}

/** The reconciler's memory, in the ledger, because Lambda may run each reconciliation in another process. */
export class ReconcilerMemory {
  constructor(private readonly table: LedgerTable) {}

  async repositories(signal: AbortSignal): Promise<RepositoryState[]> {
    const { pk, sk } = reconcilerKey(REPOSITORY_PREFIX);
    return (await this.table.partition(pk, sk, signal)).flatMap((item) => toRepository(item) ?? []);
  }

  async writeRepository(state: RepositoryState, now: number, signal: AbortSignal): Promise<void> {
    const { repository, readAt, ...runs } = state;
    const expiresAt = Math.ceil(now / 1000) + REPOSITORY_ACTIVE;
    const set = { repository, readAt, runs: JSON.stringify({ ...runs, seenAt: undefined }), expiresAt };
    await this.table.update({ key: repositoryKey(repository), set }, signal);
  }

  /** It is gone, or the App may not read it any more. */
  async forgetRepository(repository: string, signal: AbortSignal): Promise<void> {
    await this.table.delete(repositoryKey(repository), undefined, signal);
  }

  async read<K extends keyof Memories>(name: K, signal: AbortSignal): Promise<Memories[K] | undefined> {
    const item = await this.table.get(reconcilerKey(name), signal);
    return parsed<Memories[K]>(item?.json);
  }

  async write<K extends keyof Memories>(name: K, memory: Memories[K], signal: AbortSignal): Promise<void> {
    await this.table.update({ key: reconcilerKey(name), set: { json: JSON.stringify(memory) } }, signal);
  }

  /** Success proves the state of the queue as of the start; a failure leaves the time of the last success. */
  async writeHealth(health: { reconciledAt: string } | { problem: string }, signal: AbortSignal): Promise<void> {
    await this.table.update({ key: SOURCE_KEY, set: health, remove: "problem" in health ? [] : ["problem"] }, signal);
  }
}

function toRepository({ repository, seenAt, readAt, runs }: Item): RepositoryState | undefined {
  if (typeof repository !== "string") return undefined;
  return {
    repository,
    ...(typeof seenAt === "number" ? { seenAt } : {}),
    ...(typeof readAt === "number" ? { readAt } : {}),
    ...parsed<Omit<RepositoryState, "repository" | "seenAt" | "readAt">>(runs),
  };
}

/** An item that a person has damaged counts as none: all that it holds can be read anew. */
function parsed<T>(json: unknown): T | undefined {
  try {
    return typeof json === "string" ? (JSON.parse(json) as T) : undefined;
  } catch {
    return undefined;
  }
}
