export interface SetupArgs {
  /**
   * A script that prepares each instance, as root, before it registers or enters the warm pool: its text, which starts with `#!`,
   * or the path of a file, relative to the program's working directory. From another language give the text. It runs once per
   * machine; a launch whose script fails is abandoned with its last lines as the reason. Its output is on the console and in the
   * logs, so it must show no secret. A change refreshes the instances, each after its job. Limits: 256 KiB of UTF-8; a first line
   * such as `#!/bin/bash`; no private key. Default: none.
   */
  setupScript?: string;

  /**
   * Packages to install from the distribution's own archive before `setupScript` runs, each as `NAME` or `NAME=VERSION`. What the
   * image has is left alone. Limits: at most 100, by APT or DNF; none twice. Default: none.
   */
  packages?: string[];

  /**
   * Seconds for packages, volumes, Docker and `setupScript` together; otherwise the launch is abandoned. Limits: 60 to
   * 1200, at most `launchTimeout` - 180; requires one of them. Default: half of `launchTimeout`, at most 600 and at most
   * `launchTimeout` - 180.
   */
  setupTimeout?: number;

  /**
   * Environment of every job and of the job hooks, by the runner's file `.env`. Every job and everyone who reads the stack's state
   * sees it, so it must hold no secret. Limits: at most 50 names of letters, digits and `_`, none that the runner or this pool
   * sets; values of one line of up to 1024 characters. Default: none.
   */
  jobEnvironment?: Record<string, string>;
}
