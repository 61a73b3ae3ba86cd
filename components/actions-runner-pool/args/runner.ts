import type { RunnerSoftwareArgs } from "../../shared/runner-args";

/** The official runner: the release that this package pins, your own pin, or the one on the image. */
export interface RunnerArgs extends RunnerSoftwareArgs {
  /**
   * Unprivileged user that runs the jobs; created if the image lacks it. Limits: not `root`, and not a user that can
   * become root, such as `ubuntu`, unless `jobsMayBecomeRoot`. Default: `runner`.
   */
  user?: string;

  /**
   * Absolute path of your own job-started hook on the image, run after the pool's. Its failure fails the job. Limits:
   * a `.sh` file. Default: none.
   */
  jobStartedHook?: string;

  /**
   * Absolute path of your own job-completed hook on the image, run after the pool's. Its failure fails the job.
   * Limits: a `.sh` file. Default: none.
   */
  jobCompletedHook?: string;
}
