import { Octokit } from "@octokit/core";
import { paginateRest } from "@octokit/plugin-paginate-rest";
import { RequestError } from "@octokit/request-error";
import { oneLine } from "../../cli/one-line";
import { RefusedError } from "../refused-error";

const Paging = Octokit.plugin(paginateRest);

/** Longest wait for one reply, in ms. GitHub itself ends a request after 10 s. */
const REQUEST_TIMEOUT_MS = 30_000;

/** What was read, or GitHub's reason for refusing it. */
export type Read<T> = { value: T; refusal?: undefined } | { refusal: Refusal };
export interface Refusal {
  status: 403 | 404;
  /** "GET /repos/o/r/environments: 403 Resource not accessible by personal access token" */
  text: string;
}

/** Reads a repository's settings by GitHub's REST API: every page of a list, each request with a timeout. */
export class GitHubReader {
  private readonly octokit: InstanceType<typeof Paging>;

  constructor(
    private readonly repository: string,
    { apiUrl, token }: { apiUrl: string; token: string },
  ) {
    this.octokit = new Paging({ auth: token, baseUrl: apiUrl, userAgent: "ci-runners" });
    this.octokit.hook.before("request", (options) => {
      options.request.signal = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
      options.headers["x-github-api-version"] = "2022-11-28";
    });
  }

  /** One object; `path` is below the repository's. @throws RefusedError if GitHub does not answer, or not this token */
  one<T>(path: string): Promise<Read<T>> {
    return this.attempt(path, async (route) => (await this.octokit.request(route)).data as T);
  }

  /** All pages of a list, also of one that GitHub wraps in an object with its length. @throws as above */
  all<T>(path: string): Promise<Read<T[]>> {
    return this.attempt(path, (route) => this.octokit.paginate(route, { per_page: 100 }) as Promise<T[]>);
  }

  private async attempt<T>(path: string, send: (route: string) => Promise<T>): Promise<Read<T>> {
    const route = `GET /repos/${this.repository}/${path}`;
    try {
      return { value: await send(route) };
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      const { status } = error;
      const text = oneLine(`${route}: ${status} ${error.message}`);
      const limited = status === 429 || error.response?.headers["x-ratelimit-remaining"] === "0" || /rate limit/i.test(error.message);
      if (limited) throw new RefusedError(`${text}; try again in an hour`);
      if (status === 401) throw new RefusedError(`${text}: GH_TOKEN is not valid, or has expired; make a new one`);
      if (status === 403 || status === 404) return { refusal: { status, text } };
      throw new RefusedError(`${text}; the settings were not read, so try again`);
    }
  }
}
