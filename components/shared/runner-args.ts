/** Which release of the official runner is installed: the one that this package pins, your own pin, or the one on the image. */
export interface RunnerSoftwareArgs {
  /**
   * Release to install, e.g. `2.338.0`; from there the runner updates itself. Requires `sha256`. Default: the release
   * that this package pins.
   */
  version?: string;

  /**
   * SHA-256 of the release's archive for the instance's architecture, from the release notes. Limits: 64 lower-case
   * hex digits; requires `version`. Default: the digest that this package pins.
   */
  sha256?: string;

  /**
   * URL of the archive, such as one on a mirror. Limits: `https` only; requires `version` and `sha256`. Default: the
   * archive on GitHub's release page.
   */
  archiveUrl?: string;

  /**
   * The image already contains the runner, unpacked in `/opt/actions-runner`. Excludes `version`, `sha256` and
   * `archiveUrl`. Default: false.
   */
  onImage?: boolean;
}
