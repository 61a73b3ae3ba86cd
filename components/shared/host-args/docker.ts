/** Which Docker the jobs of an instance have. */
export const DockerMode = {
  /** Jobs have no Docker. */
  None: "none",
  /** Docker's usual engine. Every job is root on its instance. */
  Root: "root",
  /**
   * An engine that runs as the user of the jobs. Containers have no limits on memory, processors and processes, and end with
   * their job; images stay.
   */
  Rootless: "rootless",
} as const;
export type DockerMode = (typeof DockerMode)[keyof typeof DockerMode];

export interface DockerArgs {
  /**
   * Docker for jobs. What the image lacks is installed from the archive of its distribution at the launch. Limits: `rootless`
   * requires Debian, Ubuntu or an own image with `rootlesskit`, and excludes `jobsMayBecomeRoot`. Default: none.
   */
  docker?: DockerMode;

  /**
   * Deprecated, and replaced by `docker`: true means the mode `root`. Limits: excludes `docker`. Default: none.
   *
   * @deprecated Use `docker`; for true, its mode `root`.
   */
  jobsMayUseDocker?: boolean;
}
