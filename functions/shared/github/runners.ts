import { type GitHubScope, scopePath } from "./account";
import { GitHubError } from "./error";
import type { GitHubTransport } from "./transport";

export interface Runner {
  id: number;
  name: string;
  online: boolean;
  /** GitHub's view, which lags: a list may be a minute old. */
  busy: boolean;
  /** Custom labels, by which GitHub assigns jobs; a cordoned runner has none. */
  labels: readonly string[];
  /** Version of its software. Absent on servers that do not report it, and until the runner has connected. */
  version?: string;
}

/** When GitHub ends a version of the runner's software. A date that is absent is not planned. */
export interface VersionSchedule {
  /** From then on no runner of this version can be registered. */
  registrationEnds?: Date;
  /** From then on no job is sent to a runner of this version. */
  runtimeEnds?: Date;
}

export interface RegistrationToken {
  token: string;
  /** ISO 8601; one hour after creation. */
  expiresAt: string;
}

/** The first version of the API that describes the end of the runner's versions. */
const SCHEDULE_API_VERSION = "2026-03-10";

/** GitHub's maximum page size; its default of 30 would triple the calls. */
const PAGE_SIZE = 100;

/** Self-hosted runners of one organization or repository. Every method takes a signal that bounds the whole call. */
export class GitHubRunners {
  private readonly base: string;
  /** Pages of the last list of all runners. */
  private lastPages = 0;

  constructor(
    private readonly transport: GitHubTransport,
    scope: GitHubScope,
  ) {
    this.base = `${scopePath(scope)}/actions/runners`;
  }

  /** One token serves any number of registrations for an hour. */
  createRegistrationToken(signal: AbortSignal): Promise<RegistrationToken> {
    return this.transport.call({ method: "POST", path: `${this.base}/registration-token` }, readToken, signal);
  }

  /**
   * Undefined if no runner has exactly this name. One call, because GitHub filters by name. An old Enterprise Server
   * ignores the filter, so the names are compared and further pages are read until the runner is found.
   */
  async find(name: string, signal: AbortSignal): Promise<Runner | undefined> {
    for await (const page of this.list({ name }, signal)) {
      const found = page.find((runner) => runner.name === name);
      if (found) return found;
    }
    return undefined;
  }

  /** The runner's current state; a list may be a minute old. Undefined if the runner does not exist. */
  async get(id: number, signal: AbortSignal): Promise<Runner | undefined> {
    try {
      return await this.transport.call({ method: "GET", path: `${this.base}/${id}` }, readRunner, signal);
    } catch (error) {
      if (error instanceof GitHubError && error.status === 404) return undefined;
      throw error;
    }
  }

  /**
   * `unknown`: GitHub does not know this version, or has no such route: an Enterprise Server decides by its own release
   * which runners it accepts, and refuses a version of the API that it does not know with 400.
   */
  async versionSchedule(version: string, signal: AbortSignal): Promise<VersionSchedule | "unknown"> {
    const path = `${this.base}/deprecations/${encodeURIComponent(version)}`;
    try {
      return await this.transport.call({ method: "GET", path, apiVersion: SCHEDULE_API_VERSION }, readSchedule, signal);
    } catch (error) {
      if (error instanceof GitHubError && (error.status === 404 || error.status === 400)) return "unknown";
      throw error;
    }
  }

  /**
   * All runners, page by page, so that memory use does not grow with their number. Collect first, then delete: deleting
   * while paging shifts the pages and skips entries.
   *
   * @param shouldList called with the number of pages if there are several: after the first one, and even before it with
   *   the number of the last list, so that a list that is not due costs no call. If it returns false, nothing is yielded.
   */
  async *pages(signal: AbortSignal, shouldList: (pages: number) => boolean = () => true): AsyncGenerator<Runner[]> {
    if (this.lastPages > 1 && !shouldList(this.lastPages)) return;
    yield* this.list({}, signal, (pages) => {
      this.lastPages = pages;
      return pages === 1 || shouldList(pages);
    });
  }

  /**
   * Share of the hourly quota, 0 to 1, that remains after `spending` more calls, according to GitHub's last response; 1
   * before the first one.
   */
  remainingQuota(spending = 0): number {
    return this.transport.remainingQuota(spending);
  }

  /** The current share, for all users of these credentials. GitHub does not count this request. */
  fetchRemainingQuota(signal: AbortSignal): Promise<number> {
    return this.transport.fetchRemainingQuota(signal);
  }

  /** Removes the custom labels, so that GitHub assigns no further job to the runner. The read-only labels stay. */
  async removeCustomLabels(id: number, signal: AbortSignal): Promise<"removed" | "gone"> {
    return this.delete(`${this.base}/${id}/labels`, { 404: "gone" }, "removed", signal);
  }

  /** Replaces the custom labels. The read-only labels stay. */
  async setCustomLabels(id: number, labels: readonly string[], signal: AbortSignal): Promise<"set" | "gone"> {
    try {
      return await this.transport.call({ method: "PUT", path: `${this.base}/${id}/labels`, body: { labels } }, () => "set", signal);
    } catch (error) {
      if (error instanceof GitHubError && error.status === 404) return "gone";
      throw error;
    }
  }

  /** `busy`: GitHub refuses because it counts a job on this runner. Nothing was changed. */
  async remove(id: number, signal: AbortSignal): Promise<"deleted" | "busy" | "gone"> {
    return this.delete(`${this.base}/${id}`, { 404: "gone", 422: "busy" }, "deleted", signal);
  }

  private async *list(
    filter: { name?: string },
    signal: AbortSignal,
    /** Called with the number of pages after the first one. */
    shouldList: (pages: number) => boolean = () => true,
  ): AsyncGenerator<Runner[]> {
    let seen = 0;
    for (let page = 1; ; page++) {
      const { runners, total } = await this.transport.call(
        { method: "GET", path: this.base, query: { ...filter, per_page: PAGE_SIZE, page } },
        readPage,
        signal,
      );
      if (page === 1 && !shouldList(Math.max(1, Math.ceil(total / PAGE_SIZE)))) return;
      yield runners;
      seen += runners.length;
      // A server may return smaller pages than requested: a short page is the last one only if the total is reached.
      if (runners.length === 0 || (runners.length < PAGE_SIZE && seen >= total)) return;
    }
  }

  private async delete<T extends string>(path: string, outcomes: Record<number, T>, done: T, signal: AbortSignal): Promise<T> {
    try {
      return await this.transport.call({ method: "DELETE", path }, () => done, signal);
    } catch (error) {
      const outcome = error instanceof GitHubError ? outcomes[error.status] : undefined;
      if (outcome === undefined) throw error;
      return outcome;
    }
  }
}

function readToken(data: any): RegistrationToken | undefined {
  return typeof data?.token === "string" && typeof data?.expires_at === "string"
    ? { token: data.token, expiresAt: data.expires_at }
    : undefined;
}

/** GitHub always returns a total. A response without one is treated as a single page. */
function readPage(data: any): { runners: Runner[]; total: number } | undefined {
  const runners = readRunners(data);
  return runners && { runners, total: typeof data.total_count === "number" ? data.total_count : 0 };
}

function readRunners(data: any): Runner[] | undefined {
  if (!Array.isArray(data?.runners)) return undefined;
  return data.runners.map(toRunner);
}

function readRunner(data: any): Runner | undefined {
  return typeof data?.id === "number" && typeof data?.name === "string" ? toRunner(data) : undefined;
}

function readSchedule(data: any): VersionSchedule | undefined {
  if (typeof data?.runner_version !== "string") return undefined;
  const [registrationEnds, runtimeEnds] = [data.registration_deprecates_at, data.runtime_deprecates_at].map(readDate);
  if (registrationEnds === "invalid" || runtimeEnds === "invalid") return undefined;
  return { ...(registrationEnds && { registrationEnds }), ...(runtimeEnds && { runtimeEnds }) };
}

/** Null or absent: no date is planned. */
function readDate(value: unknown): Date | undefined | "invalid" {
  if (value === null || value === undefined) return undefined;
  const date = new Date(typeof value === "string" ? value : NaN);
  return Number.isNaN(date.getTime()) ? "invalid" : date;
}

function toRunner(runner: any): Runner {
  const labels: string[] = [];
  // A loop, because a large organization's list has thousands of runners.
  for (const label of Array.isArray(runner.labels) ? runner.labels : []) if (label?.type === "custom") labels.push(String(label.name));
  return {
    id: runner.id,
    name: runner.name,
    online: runner.status === "online",
    busy: runner.busy === true,
    labels,
    ...(typeof runner.version === "string" && runner.version !== "" ? { version: runner.version } : {}),
  };
}
