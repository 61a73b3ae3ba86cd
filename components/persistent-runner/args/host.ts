import type { DockerMode } from "../../shared/host-args/docker";
import type { LogArgs } from "../../shared/host-args/logs";
import type { ProxyArgs } from "../../shared/host-args/proxy";
import type { VolumeType } from "../../shared/host-args/volumes";

/** What a team needs on the machine besides the runner. A change is applied at the next provisioning, on the same disk. */
export interface MachineArgs extends LogArgs, ProxyArgs {
  /**
   * A script that prepares the machine, as root: its text, which starts with `#!`, or the path of a file, relative to the program's
   * working directory. From another language give the text. It runs at the first boot, and again on the same disk after each change, so
   * it must be idempotent. Its output is on the console and in the logs, so it must show no secret. Limits: 256 KiB of UTF-8; a first line
   * such as `#!/bin/bash`; no private key. Default: none.
   */
  setupScript?: string;

  /**
   * Packages to install from the distribution's own archive before `setupScript` runs, each as `NAME` or `NAME=VERSION`. What the
   * image has is left alone. Limits: at most 100, by APT or DNF; none twice. Default: none.
   */
  packages?: string[];

  /**
   * Docker for jobs. Limits: `rootless` requires Debian, Ubuntu or an own image with `rootlesskit`. With `root` every job is root on
   * the machine, whose disk later runs use. Default: none.
   */
  docker?: DockerMode;

  /**
   * Environment of every job. Every job and everyone who reads the stack's state sees it, so it must hold no
   * secret. Limits: at most 50 names of letters, digits and `_`, none that the runner sets; values of one line of up to 1024 characters.
   * Default: none.
   */
  jobEnvironment?: Record<string, string>;

  /**
   * Size of the encrypted root volume in GiB. Limits: 8 to 16384, up to 65536 for `gp3` and `io2`; at least the image's size, and twice
   * `diskGate.freeSpace`; it never shrinks. Default: 50.
   */
  rootVolumeSize?: number;

  /** Type of the root volume. Limits: not `st1` or `sc1`, from which EC2 boots nothing. Default: `gp3`. */
  rootVolumeType?: VolumeType;

  /**
   * IOPS of the root volume. Limits: gp3 3000 to 80000, at most 500 per GiB; io1 100 to 64000, at most 50 per GiB; io2 100 to
   * 256000, at most 1000 per GiB; required for io1 and io2, none for gp2. Default: EBS's own, 3000 for gp3.
   */
  rootVolumeIops?: number;

  /** Throughput of the root volume in MiB/s. Limits: 125 to 2000, at most a quarter of the IOPS; only for gp3. Default: EBS's own, 125. */
  rootVolumeThroughput?: number;
}
