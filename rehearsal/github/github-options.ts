/** Limits and habits of GitHub that a run may want to change. Times in milliseconds. */
export interface GitHubOptions {
  /** Public name of the service: `github.com`, else a GitHub Enterprise Server. Default `github.com`. */
  host: string;
  /** Base URL under which runners find everything when it is not `https://<host>`; tests give a loopback URL here. */
  baseUrl?: string;
  /** The runner archive served as every version's download; absent: downloads answer 404. */
  releaseFile?: string;
  /** GitHub answers an empty long poll after about 50 s. */
  pollMs: number;
  /** "If the runner doesn't pick up the assigned job within 60 seconds, the job is re-queued" (GitHub's reference). */
  pickUpMs: number;
  /** Lock on an acquired job; the server decides, about 10 minutes by what operators saw. */
  lockMs: number;
  /** A runner that has not polled for so long is offline and its session may be taken over. Not documented; a guess. */
  sessionExpiryMs: number;
  /** Registration and remove tokens live one hour. */
  registrationTokenMs: number;
  /** Installation tokens live one hour. */
  installationTokenMs: number;
  /** Requests an hour for an installation or a token. */
  rateLimit: number;
  /** How long lists of runners go on showing an old `busy`; 60 s was seen. */
  busyLagMs: number;
  /** Makes lists show something else than the truth for a runner, by its name; undefined: they show the truth, late. */
  busyShown?: (runner: string) => boolean | undefined;
  /**
   * Whether a second acquire by the same runner gets the job again (its first reply was lost on the way) or a 409.
   * The official runner repeats an acquire up to five times, which only makes sense if it does.
   */
  acquireIsIdempotent: boolean;
  /** Downloads redirect to this host, as GitHub's do; empty: served at once. */
  assetHost: string;
  /** Whether jobs are kept once they have ended; a simulation of days has hundreds of thousands. Default true. */
  keepJobs: boolean;
  /** Whether GitHub is out of order as a whole just now: then it gives up no job for want of renewals. */
  isDown?: () => boolean;
  /**
   * Time for App credentials, milliseconds since the epoch. Functions sign with the wall clock even where the
   * rehearsal's own clock is virtual.
   */
  wallNow: () => number;
}

export const GITHUB_DEFAULTS: GitHubOptions = {
  host: "github.com",
  pollMs: 50_000,
  pickUpMs: 60_000,
  lockMs: 600_000,
  sessionExpiryMs: 100_000,
  registrationTokenMs: 3_600_000,
  installationTokenMs: 3_600_000,
  rateLimit: 5000,
  busyLagMs: 0,
  acquireIsIdempotent: true,
  keepJobs: true,
  assetHost: "release-assets.githubusercontent.com",
  wallNow: () => Date.now(),
};

/** Every host name that the stand-in answers to; machines must resolve all of them to the rehearsal. */
export const GITHUB_HOSTS = [
  "github.com",
  "api.github.com",
  "broker.actions.githubusercontent.com",
  "release-assets.githubusercontent.com",
] as const;
