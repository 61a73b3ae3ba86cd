import type { AbsenceLimits } from "./absences";
import { type Deliver, deliverOverHttp } from "./deliver";

/** Limits and behaviour of GitHub that a run can override. Times in milliseconds. */
export interface GitHubOptions extends AbsenceLimits {
  /** Public host name: `github.com` or that of a GitHub Enterprise Server. Default `github.com`. */
  host: string;
  /** Base URL of all services when it is not `https://<host>`; tests set a loopback URL. */
  baseUrl?: string;
  /** The runner archive served for every version; absent: downloads return 404. */
  releaseFile?: string;
  /** GitHub ends an empty long poll after about 50 s. */
  pollMs: number;
  /** "If the runner doesn't pick up the assigned job within 60 seconds, the job is re-queued" (GitHub's reference). */
  pickUpMs: number;
  /**
   * What becomes of a job whose runner acknowledged the message and then did not acquire the job. GitHub's reference says
   * that it is re-queued like any other; actions/runner#4703 saw such jobs fail after ten minutes, unseen by any runner.
   */
  acknowledgedJobs: "requeued" | "failed";
  /** When a job fails that was acknowledged and not acquired, from its acknowledgement on; see above. */
  acknowledgedMs: number;
  /** Lock on an acquired job. The server decides; operators observed about 10 minutes. */
  lockMs: number;
  /** A runner that has not polled for this long is offline and its session may be taken over. Undocumented; a guess. */
  sessionExpiryMs: number;
  /** Registration and remove tokens are valid for one hour. */
  registrationTokenMs: number;
  /** Installation tokens are valid for one hour. */
  installationTokenMs: number;
  /** The token of a job for another service is valid for five minutes, as in GitHub's example. */
  workflowTokenMs: number;
  /** Requests per hour for each installation or token; an installation with more than 20 repositories has more. */
  rateLimit: number;
  /**
   * The secondary limit, in points per minute for each installation or token: 900 at GitHub. Default: none, because the largest fleets
   * of a simulation end within one minute.
   */
  pointsPerMinute: number;
  /** How deliveries reach their addresses. Default: over HTTP. */
  deliver: Deliver;
  /** How long lists of runners keep showing an old `busy`; 60 s was observed. */
  busyLagMs: number;
  /** Whether lists apply the query parameter `name`. An old Enterprise Server ignores it and lists all runners. */
  filtersByName: boolean;
  /** Largest page of a list, whatever `per_page` asks for: 100 at GitHub. */
  largestPage: number;
  /** Overrides `busy` in lists, by the runner's name; undefined: the real value, delayed by `busyLagMs`. */
  busyOverride?: (runner: string) => boolean | undefined;
  /**
   * Whether a second acquire by the same runner returns the job again (its first reply may have been lost) or a 409.
   * The official runner repeats an acquire up to five times, which makes sense only if GitHub returns the job again.
   */
  acquireIsIdempotent: boolean;
  /**
   * Whether a just-in-time runner also gets the labels of its system, which the request did not name. Reports differ
   * (github-aws-runners/terraform-aws-github-runner#3491), and GitHub's own example names them in the request.
   */
  jitSystemLabels: boolean;
  /** Downloads redirect to this host, as GitHub's do; empty: served without a redirect. */
  assetHost: string;
  /** Whether ended jobs are kept; a simulation of days has hundreds of thousands of jobs. Default true. */
  keepJobs: boolean;
  /** Milliseconds for which a job of a workflow file waits for a self-hosted runner: 24 hours at GitHub. */
  queuedMs: number;
  /** Owner of the repository of jobs that name neither a repository nor a scope. */
  organization: string;
  /** Whether GitHub assigns no jobs at the moment; those queued meanwhile wait. */
  isAway?: () => boolean;
  /** Whether all of GitHub is down at the moment: then locks do not expire for lack of renewals. */
  isDown?: () => boolean;
  /**
   * Time for App credentials, milliseconds since the epoch. Functions sign with the wall clock even where the
   * rehearsal's own clock is virtual.
   */
  wallNow: () => number;
}

export const GITHUB_DEFAULTS: GitHubOptions = {
  host: "github.com",
  organization: "octo-org",
  pollMs: 50_000,
  pickUpMs: 60_000,
  acknowledgedJobs: "requeued",
  acknowledgedMs: 600_000,
  lockMs: 600_000,
  sessionExpiryMs: 100_000,
  registrationTokenMs: 3_600_000,
  installationTokenMs: 3_600_000,
  workflowTokenMs: 300_000,
  rateLimit: 5000,
  pointsPerMinute: Number.POSITIVE_INFINITY,
  deliver: deliverOverHttp,
  busyLagMs: 0,
  filtersByName: true,
  largestPage: 100,
  acquireIsIdempotent: true,
  keepJobs: true,
  queuedMs: 86_400_000,
  jitSystemLabels: false,
  absenceMs: 14 * 86_400_000,
  ephemeralAbsenceMs: 86_400_000,
  assetHost: "release-assets.githubusercontent.com",
  wallNow: () => Date.now(),
};

/** Every host name that the stand-in serves; hosts must resolve all of them to the rehearsal. */
export const GITHUB_HOSTS = [
  "github.com",
  "api.github.com",
  "broker.actions.githubusercontent.com",
  "release-assets.githubusercontent.com",
  "token.actions.githubusercontent.com",
  "run-actions-3-azure-eastus.actions.githubusercontent.com",
] as const;
