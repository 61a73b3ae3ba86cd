import type { RunnerSoftwareArgs } from "../../shared/runner-args";

/** The official runner: the release that this package pins, your own pin, or the one on the image. */
export interface PersistentRunnerSoftwareArgs extends RunnerSoftwareArgs {
  /**
   * Unprivileged user that runs the jobs; created if the image lacks it. Limits: not `root`, and not a user that can become root, such
   * as `ubuntu`: what one job changes as root, all later ones get. Default: `runner`.
   */
  user?: string;
}
