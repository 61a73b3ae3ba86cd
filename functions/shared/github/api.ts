import type { GitHubScope } from "./account";

/**
 * What the source of demand asks of GitHub, as ports: `GitHubApp`, `GitHubHooks` and `GitHubActions` implement them over a
 * GitHubTransport. The signal bounds the whole call; a call that GitHub refuses throws GitHubError. Times are milliseconds since the
 * epoch.
 */

/** What the App may do and is informed of. */
export interface AppDescription {
  slug: string;
  /** Such as `{ actions: "read" }`. What an installation has accepted may be less, until its owner approves. */
  permissions: Readonly<Record<string, string>>;
  /** Names of the events, such as `workflow_job`. */
  events: readonly string[];
}

/** The App itself: authorized by its JWT, so a token instead of an App cannot do this. */
export interface AppApi {
  app(signal: AbortSignal): Promise<AppDescription>;
  /** Address of the App's own webhook; undefined if it has none. */
  appHookUrl(signal: AbortSignal): Promise<string | undefined>;
  /** Points the App's own webhook to an address: JSON, over verified TLS. Without a secret, the present one stays. */
  setAppHook(config: { url: string; secret?: string }, signal: AbortSignal): Promise<void>;
}

/** A webhook of an organization or a repository. */
export interface Hook {
  id: number;
  url: string;
  events: readonly string[];
  active: boolean;
}

export interface HookSettings {
  url: string;
  /** GitHub never returns it. */
  secret: string;
  events: readonly string[];
}

/** Whose deliveries: the App's own webhook, or one of an organization or repository. */
export type DeliveringHook = "app" | { scope: GitHubScope; id: number };

export interface Delivery {
  /** Digits; it may exceed the integers that a number represents exactly. */
  id: string;
  /** Equal for a delivery and all its redeliveries. */
  guid: string;
  at: number;
  redelivery: boolean;
  /** The receiver's HTTP status; 0 if there was none, e.g. because it took longer than 10 s. */
  statusCode: number;
  event: string;
  /** E.g. `queued`. */
  action?: string;
}

export interface Deliveries {
  /** Newest first; none is older than requested. */
  deliveries: readonly Delivery[];
  /** False if there are more than could be read within the bound on pages: the oldest are missing. */
  complete: boolean;
}

export interface HooksApi {
  /** The scope's webhook with exactly this address, if there is one. */
  findHook(scope: GitHubScope, url: string, signal: AbortSignal): Promise<Hook | undefined>;
  /** Creates the webhook, or updates the one with this address. Returns its id. */
  putHook(scope: GitHubScope, settings: HookSettings, signal: AbortSignal): Promise<number>;
  /** Removes the webhook with exactly this address. */
  removeHook(scope: GitHubScope, url: string, signal: AbortSignal): Promise<"deleted" | "gone">;
  /**
   * Deliveries of the last 3 days at most: GitHub keeps them no longer. Only the failed ones need few pages even after a burst of
   * thousands of jobs, but then do not show that a redelivery succeeded meanwhile.
   */
  deliveries(hook: DeliveringHook, since: number, which: "all" | "failed", signal: AbortSignal): Promise<Deliveries>;
  /** GitHub sends it again within seconds, under the same GUID. `gone`: it is older than GitHub keeps them. */
  redeliver(hook: DeliveringHook, deliveryId: string, signal: AbortSignal): Promise<"accepted" | "gone">;
}

/**
 * The reply to a conditional request. `unchanged`: GitHub answered 304, which does not count against the hourly limit. Without an
 * `etag` the next request must be unconditional.
 *
 * GitHub's ETags depend on the token: the first request with a new installation token, which lasts for an hour, is answered in full
 * even if nothing has changed (eclipse-csi/otterdog#201, github/docs#34689). A budget must not count on 304s.
 */
export type Conditional<T> = { unchanged: true } | { unchanged: false; value: T; etag?: string };

export interface Repository {
  /** `owner/name`. */
  name: string;
  /** Archived or disabled: nothing runs there. */
  dormant: boolean;
}

export interface WorkflowRun {
  id: number;
  attempt: number;
  status: string;
  createdAt: number;
}

export type RunStatus = "queued" | "in_progress" | "waiting" | "pending" | "completed";

export interface WorkflowJob {
  id: number;
  runId: number;
  attempt: number;
  workflow?: string;
  name: string;
  /** `queued`, `waiting`, `pending`, `requested`, `in_progress` or `completed`. */
  status: string;
  /** Of a completed job. */
  conclusion?: string;
  /** As the workflow spells them. */
  labels: readonly string[];
  createdAt: number;
  /** Absent until it runs: GitHub's `started_at` of a queued job is the time of its creation. */
  startedAt?: number;
  completedAt?: number;
  /** Name of its runner, and of the runner's group. */
  runner?: string;
  runnerGroup?: string;
}

/** `refused`: GitHub does not run it again, e.g. because it still runs, is too old, or was run again 50 times. */
export type RerunOutcome = { outcome: "accepted" } | { outcome: "refused"; reason: string };

export interface RunnerGroup {
  id: number;
  name: string;
  isDefault: boolean;
  /** `selected`: only the repositories of the group's list; `private`: only private and internal ones. */
  visibility: "all" | "selected" | "private";
  /** Absent on a server that does not report it. */
  allowsPublicRepositories?: boolean;
  /** Workflows that may use it, as `owner/name/.github/workflows/file.yml@ref`; undefined: any. */
  workflows?: readonly string[];
}

/** Repositories, runs, jobs and runner groups, authorized by the installation's token. */
export interface ActionsApi {
  /** All repositories of the installation. Not for a token instead of an App. */
  repositories(signal: AbortSignal): Promise<readonly Repository[]>;
  /** @param repository `owner/name` */
  runs(repository: string, status: RunStatus, etag: string | undefined, signal: AbortSignal): Promise<Conditional<readonly WorkflowRun[]>>;
  /** The jobs of a run's latest attempt. */
  jobs(repository: string, runId: number, etag: string | undefined, signal: AbortSignal): Promise<Conditional<readonly WorkflowJob[]>>;
  /** Undefined if GitHub knows no such job (any more). */
  job(repository: string, jobId: number, signal: AbortSignal): Promise<WorkflowJob | undefined>;
  /** A new attempt of all the run's jobs, or of those that failed or were cancelled. The new jobs have new ids. */
  rerun(repository: string, runId: number, which: "all" | "failed", signal: AbortSignal): Promise<RerunOutcome>;
  runnerGroups(organization: string, signal: AbortSignal): Promise<readonly RunnerGroup[]>;
  /** Names (`owner/name`) of the repositories that a group with visibility `selected` admits. */
  groupRepositories(organization: string, groupId: number, signal: AbortSignal): Promise<readonly string[]>;
  /** Share of the hourly quota, 0 to 1, that remains after `spending` more calls; 1 before GitHub's first reply. */
  remainingQuota(spending?: number): number;
}
