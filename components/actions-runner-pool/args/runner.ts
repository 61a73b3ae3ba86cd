/** The official runner: either pinned by `version` and `sha256`, or already on the image. */
export interface RunnerArgs {
  /** Release to install, e.g. `2.337.0`. GitHub stops queueing jobs to releases that lag for more than 30 days. */
  version?: string;

  /** SHA-256 of the release's archive for the instance's architecture, 64 hex digits, from the release notes. */
  sha256?: string;

  /** Where to fetch the archive instead of GitHub's release page; `https` only. */
  archiveUrl?: string;

  /** The runner lies unpacked in `/opt/actions-runner` on the image. Excludes the others. Default: false. */
  onImage?: boolean;

  /** Unprivileged user that jobs run as; created if the image lacks it. Default: `runner`. */
  user?: string;

  /** Your own job-started hook on the image, run after the pool's; absolute path. Its failure fails the job. */
  jobStartedHook?: string;

  /** Your own job-completed hook on the image, run after the pool's; absolute path. Its failure fails the job. */
  jobCompletedHook?: string;
}
