import { type GitHubScope, scopePath } from "./account";
import { GitHubError } from "./error";
import type { GitHubTransport } from "./transport";

export interface Runner {
  id: number;
  name: string;
  online: boolean;
  /** GitHub's view, which lags: lists may be a minute old. */
  busy: boolean;
}

export interface RegistrationToken {
  token: string;
  /** ISO 8601; one hour after it was made. */
  expiresAt: string;
}

/**
 * What a kept token must have left, in ms, of the hour that GitHub gives it: more than the longest launch, of which the
 * host spends 10 minutes at most on waiting for it.
 */
const TOKEN_LEFT_MS = 30 * 60_000;

/** The largest page that GitHub gives; its default of 30 would triple the calls. */
const PAGE = 100;

/** Self-hosted runners of one organization or repository. Every call takes a signal that bounds it as a whole. */
export class GitHubRunners {
  private readonly base: string;
  private kept: RegistrationToken | undefined;

  constructor(
    private readonly transport: GitHubTransport,
    scope: GitHubScope,
  ) {
    this.base = `${scopePath(scope)}/actions/runners`;
  }

  /**
   * A token with at least half an hour left. One serves any number of registrations, so it is kept for those that
   * follow: with a call for each launch, a mass launch alone would use up the hour's calls.
   */
  async registrationToken(signal: AbortSignal): Promise<RegistrationToken> {
    const { kept } = this;
    if (kept && Date.parse(kept.expiresAt) - this.transport.clock.now() >= TOKEN_LEFT_MS) return kept;
    return (this.kept = await this.createRegistrationToken(signal));
  }

  createRegistrationToken(signal: AbortSignal): Promise<RegistrationToken> {
    return this.transport.call({ method: "POST", path: `${this.base}/registration-token` }, readToken, signal);
  }

  /** Undefined when there is no runner of exactly this name. */
  async find(name: string, signal: AbortSignal): Promise<Runner | undefined> {
    const runners = await this.transport.call({ method: "GET", path: this.base, query: { name, per_page: PAGE } }, readRunners, signal);
    // An old Enterprise Server ignores the filter, so a match is never taken on trust.
    return runners.find((runner) => runner.name === name);
  }

  /** As it is now, where lists may be a minute old. Undefined when it is gone. */
  async get(id: number, signal: AbortSignal): Promise<Runner | undefined> {
    try {
      return await this.transport.call({ method: "GET", path: `${this.base}/${id}` }, readRunner, signal);
    } catch (error) {
      if (error instanceof GitHubError && error.status === 404) return undefined;
      throw error;
    }
  }

  /**
   * All runners, page by page, so that memory stays flat however many there are. Collect first and delete after:
   * deleting while paging shifts the pages and skips entries.
   *
   * @param worthIt asked after the first of several pages, with how many there are; if it says no, nothing is yielded.
   */
  async *pages(signal: AbortSignal, worthIt: (pages: number) => boolean = () => true): AsyncGenerator<Runner[]> {
    for (let page = 1; ; page++) {
      const { runners, total } = await this.transport.call(
        { method: "GET", path: this.base, query: { per_page: PAGE, page } },
        readPage,
        signal,
      );
      if (page === 1 && total > PAGE && !worthIt(Math.ceil(total / PAGE))) return;
      yield runners;
      if (runners.length < PAGE) return;
    }
  }

  /** Share of the hour's calls that is left, 0 to 1, as far as GitHub's last answer tells; 1 before the first. */
  spare(): number {
    return this.transport.spare();
  }

  /** As of now, for all who use these credentials. GitHub does not count the question. */
  askSpare(signal: AbortSignal): Promise<number> {
    return this.transport.askSpare(signal);
  }

  /** Takes the custom labels off, so that no further job finds the runner; the read-only ones stay. */
  async removeCustomLabels(id: number, signal: AbortSignal): Promise<"removed" | "gone"> {
    return this.delete(`${this.base}/${id}/labels`, { 404: "gone" }, "removed", signal);
  }

  /** `busy`: GitHub refuses because it counts a job on this runner. Nothing has changed then. */
  async remove(id: number, signal: AbortSignal): Promise<"deleted" | "busy" | "gone"> {
    return this.delete(`${this.base}/${id}`, { 404: "gone", 422: "busy" }, "deleted", signal);
  }

  private async delete<T extends string>(path: string, answers: Record<number, T>, done: T, signal: AbortSignal): Promise<T> {
    try {
      return await this.transport.call({ method: "DELETE", path }, () => done, signal);
    } catch (error) {
      const answer = error instanceof GitHubError ? answers[error.status] : undefined;
      if (answer === undefined) throw error;
      return answer;
    }
  }
}

function readToken(data: any): RegistrationToken | undefined {
  return typeof data?.token === "string" && typeof data?.expires_at === "string"
    ? { token: data.token, expiresAt: data.expires_at }
    : undefined;
}

/** An answer without a total, which none of GitHub's is, counts for one page. */
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

function toRunner(runner: any): Runner {
  return { id: runner.id, name: runner.name, online: runner.status === "online", busy: runner.busy === true };
}
