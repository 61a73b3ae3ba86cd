/** The official runner: either pinned by `version` and `sha256`, or preinstalled on the image. */
export interface RunnerArgs {
  /**
   * Release to install, e.g. `2.337.0`. GitHub stops queueing jobs to a runner whose release has been superseded for more
   * than 30 days.
   */
  version?: string;

  /** SHA-256 of the release's archive for the instance's architecture, 64 lower-case hex digits, from the release notes. */
  sha256?: string;

  /** URL of the archive; `https` only. Default: the archive on GitHub's release page. */
  archiveUrl?: string;

  /**
   * The image already contains the runner, unpacked in `/opt/actions-runner`. Excludes `version`, `sha256` and
   * `archiveUrl`. Default: false.
   */
  onImage?: boolean;

  /** Unprivileged user that runs the jobs, not `root`; created if the image lacks it. Default: `runner`. */
  user?: string;

  /** Absolute path of your own job-started hook on the image, a `.sh` file run after the pool's. Its failure fails the job. */
  jobStartedHook?: string;

  /** Absolute path of your own job-completed hook on the image, a `.sh` file run after the pool's. Its failure fails the job. */
  jobCompletedHook?: string;
}
