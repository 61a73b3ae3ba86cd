import type * as pulumi from "@pulumi/pulumi";
import type { VolumeType } from "../../shared/host-args/volumes";

/** A volume of its own for the caches, encrypted. It outlives the instance: Pulumi retains it when the stack is destroyed. */
export interface CacheVolumeArgs {
  /** Size in GiB. Limits: 10 to 16384, up to 65536 for `gp3` and `io2`; it can grow later, and never shrinks. */
  size: number;

  /** Type of the volume. Default: `gp3`. */
  type?: VolumeType;

  /** IOPS. Limits: as `rootVolumeIops`. Default: EBS's own, 3000 for gp3. */
  iops?: number;

  /** Throughput in MiB/s. Limits: as `rootVolumeThroughput`. Default: EBS's own, 125. */
  throughput?: number;

  /** ARN of a KMS key. Limits: the ARN of a key, not of an alias. Default: the key of `kmsKeyArn`, or else the account's default EBS key. */
  kmsKeyArn?: pulumi.Input<string>;
}

/** When a disk is too full for a job: first the caches are emptied, and if that is not enough the machine takes no job. */
export interface DiskGateArgs {
  /** Percent of the root volume, or of the cache volume, that are in use. Limits: 10 to 99. Default: 80. */
  used?: number;

  /** GiB that must be free on the root volume. Limits: 1 to 1024, at most half of `rootVolumeSize`. Default: 20. */
  freeSpace?: number;
}

export interface CacheArgs {
  /**
   * Folder of the caches, which the user of the jobs owns: `CARGO_HOME`, `GOCACHE` and the caches of npm and pip are in it. Docker's data is
   * not, but on the same volume. Limits: an absolute path, no folder of the system. Default: `/ci-cache`.
   */
  cacheMount?: string;

  /** A volume of its own for the caches. Default: they are on the root volume, and end with the instance. */
  cacheVolume?: CacheVolumeArgs;

  /**
   * Folders below `cacheMount` that are emptied, in this order, while a disk is too full for a job. Limits: at most 50 relative paths.
   * Default: `.`, all of them.
   */
  cacheEviction?: string[];

  /**
   * Any text. Once it changes, the machine wipes what jobs could write, as it prepares itself: caches, workspaces, the home of their user,
   * Docker's data. For after a run that may have put something there. A value of the first day wipes nothing. Limits: at most 64 letters, digits and
   * `_.:-`. Default: none.
   */
  cacheEpoch?: string;

  /** When a disk is too full for a job. */
  diskGate?: DiskGateArgs;
}
