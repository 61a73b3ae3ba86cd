/**
 * What the ledger's items contain. One DynamoDB table, on demand: the keys are `pk` and `sk`, and a sparse index `lists` over
 * `list` and `at` holds what is listed: the pools, the jobs that are not completed, and those that may have to run again.
 *
 * Each event of a job is one conditional update: an event is applied only if its rank is higher than the row's, so duplicates, late
 * and reordered events change nothing. A completed row is never opened again.
 */
export const LEDGER = {
  partitionKey: "pk",
  sortKey: "sk",
  /** Sparse: only items with both attributes are in it. All attributes are projected. */
  index: "lists",
  indexPartitionKey: "list",
  indexSortKey: "at",
  /** Epoch seconds. DynamoDB deletes expired items within days, so readers compare it themselves. */
  timeToLive: "expiresAt",
} as const;

/** Rank of a job's status. `waiting` (for an approval or a concurrency group) is not demand. */
export const JOB_RANK = { waiting: 1, queued: 2, in_progress: 3, completed: 4 } as const;
export type JobStatus = keyof typeof JOB_RANK;

/** The list of the pools' registrations; `at` is the pool's name. */
export const POOLS_LIST = "pools";
/** The list of open jobs that no pool serves although they are ours. */
export const UNSERVED_LIST = "unserved";
/** The list of a pool's jobs that wait or run; `at` is `<created, ISO 8601>#<job id>`, so that the oldest comes first. */
export function openJobsList(pool: string): string {
  return `open#${pool}`;
}
/**
 * The list of the jobs that GitHub ended without a runner, of a pool that runs lost jobs again; `at` is as in the list of open jobs. The
 * reconciler takes each out of it once it has decided.
 */
export function endedJobsList(pool: string): string {
  return `ended#${pool}`;
}
export function openJobsAt(createdAt: string, jobId: number): string {
  return `${createdAt}#${jobId}`;
}

export function jobKey(jobId: number): { pk: string; sk: string } {
  return { pk: `job#${jobId}`, sk: "job" };
}
/** A pool's own partition: its registration, and the state of its scaler and of its signals, which expire if nothing renews them. */
export function poolKey(pool: string, item: "registration" | "scaler" | "signal"): { pk: string; sk: string } {
  return { pk: `pool#${pool}`, sk: item };
}
/** The state of the source itself. */
export const SOURCE_KEY = { pk: "source", sk: "health" } as const;
/** The reconciler's own memory: the cursor of its full round, the deliveries that it requested again. */
export function reconcilerKey(item: string): { pk: string; sk: string } {
  return { pk: "reconciler", sk: item };
}
/** What the webhook and the reconciler know of a repository: when a job of a pool was last seen there, and the ETags of its runs. */
export const REPOSITORY_PREFIX = "repository#";
export function repositoryKey(repository: string): { pk: string; sk: string } {
  return reconcilerKey(`${REPOSITORY_PREFIX}${repository.toLowerCase()}`);
}
/** `conclusion` of a job that the reconciler closed because GitHub does not know it, or has not confirmed it for too long. */
export const LOST_CONCLUSION = "lost";

/** One job. Times are ISO 8601. */
export interface JobRow {
  jobId: number;
  jobStatus: JobStatus;
  /** JOB_RANK of `jobStatus`. */
  rank: number;
  /** `owner/name`. */
  repository: string;
  runId: number;
  attempt: number;
  workflow?: string;
  jobName?: string;
  /** In lower case. */
  labels: string[];
  /** GitHub's `created_at`: since when it waits. */
  createdAt: string;
  startedAt?: string;
  completedAt?: string;
  conclusion?: string;
  /** The runner's name, which in a pool is the instance's id. */
  runner?: string;
  /** The pool that serves it; absent if none does. */
  pool?: string;
  /** Of the last event or reconciliation that confirmed the row. */
  confirmedAt: string;
  /** Why it waits; set by the pool's scaler, or by the reconciler if no pool serves it. */
  cause?: WaitCause;
  causeSince?: string;
  /** When its run was run again because it was lost. */
  rerunAt?: string;
  list?: string;
  at?: string;
  expiresAt: number;
}

/** One cause for each waiting job. */
export const WaitCause = {
  /** Every runner that the pool may have is busy or starting. */
  AtMaximum: "at maximum",
  /** A runner for it is starting. */
  Booting: "booting",
  /** Launches fail; the pool pauses between attempts. */
  LaunchFailing: "launch failing",
  /** It is ours, but no pool has all its labels. */
  NoPool: "no pool with these labels",
  /** The pool's runner group does not admit the job's repository. */
  GroupNotAllowed: "runner group not allowed",
  /** A runner with its labels idles for more than 90 s, and GitHub assigns it nothing. */
  NotAssigned: "GitHub does not assign",
  /** What is known of the queue is too old to act upon. */
  SourceStale: "source stale",
} as const;
export type WaitCause = (typeof WaitCause)[keyof typeof WaitCause];

/** A pool as the webhook and the reconciler know it. Written by the pool's own scaler. */
export interface PoolRegistration {
  pool: string;
  /** In lower case, GitHub's own included. */
  labels: string[];
  /** Higher wins between pools with equally few spare labels. */
  priority: number;
  /** Name of the runner group; absent: the default group. */
  runnerGroup?: string;
  /** `owner/name`, if the pool serves one repository only. */
  repository?: string;
  /** Whether the run of a job that GitHub did not assign, and then ended, is run again, once. */
  rerunLostJobs?: boolean;
}

/** Health of the source, written by the reconciler after each run. */
export interface SourceHealth {
  /** ISO 8601; the last time that a reconciliation succeeded. */
  reconciledAt: string;
  /** Why the last one failed; absent if it succeeded. */
  problem?: string;
}
