import type * as pulumi from "@pulumi/pulumi";

/** Types of EBS volumes, in EC2's terms. */
export const VolumeType = {
  /** General purpose, with IOPS and throughput of one's choice. */
  Gp3: "gp3",
  /** General purpose, of the former generation: its size decides its IOPS. */
  Gp2: "gp2",
  /** Provisioned IOPS. */
  Io1: "io1",
  /** Provisioned IOPS, more durable. */
  Io2: "io2",
  /** Hard disks for sequential reads and writes. */
  St1: "st1",
  /** The cheapest hard disks. */
  Sc1: "sc1",
} as const;
export type VolumeType = (typeof VolumeType)[keyof typeof VolumeType];

/** A further volume of each instance, encrypted and deleted with it. A new one is formatted as ext4 at the first boot. */
export interface VolumeArgs {
  /**
   * Where it is mounted: an absolute path that the user of the jobs owns, or `work` for the work folder of jobs, or `docker` for
   * images and containers. Limits: no folder of the system and none in which users may write; none twice, none below another;
   * `docker` only where jobs have Docker.
   */
  mountPoint: string;

  /**
   * Size in GiB. Limits: 1 to 16384, from 4 for `io1` and `io2`, from 125 for `st1` and `sc1`, up to 65536 for `gp3` and `io2`; at
   * least the image's device; at `work` and `docker` room for twice `diskFloor.freeSpace`; required without `device`. Default: that of the image's device.
   */
  size?: number;

  /** Type of the volume. Default: `gp3`. */
  type?: VolumeType;

  /**
   * IOPS. Limits: gp3 3000 to 80000, at most 500 per GiB; io1 100 to 64000, at most 50 per GiB; io2 100 to 256000, at most 1000 per
   * GiB; required for io1 and io2, none for other types. Default: EBS's own, 3000 for gp3.
   */
  iops?: number;

  /** Throughput in MiB/s. Limits: 125 to 2000, at most a quarter of the IOPS; only for gp3. Default: EBS's own, 125. */
  throughput?: number;

  /** KMS key. Default: that of the root volume. */
  kmsKeyId?: pulumi.Input<string>;

  /**
   * Name of a device of the image, such as `/dev/sdb`, whose content the volume keeps. Limits: not the root device; formatted as ext4
   * or xfs, without partitions. Default: a new, empty volume.
   */
  device?: string;
}

/** Free space below which an instance takes no further job and is replaced. At its launch it must have twice as much. */
export interface DiskFloorArgs {
  /** Free space in GiB. Limits: 1 to 1024; where it is raised, twice as much must fit beside the image. Default: 1. */
  freeSpace?: number;

  /** Free inodes, in percent of the file system's. Limits: 1 to 40. Default: 5. */
  freeInodes?: number;
}

export interface VolumesArgs {
  /** Type of the root volume. Limits: not `st1` or `sc1`, from which EC2 boots nothing. Default: `gp3`. */
  rootVolumeType?: VolumeType;

  /**
   * IOPS of the root volume. Limits: gp3 3000 to 80000, at most 500 per GiB; io1 100 to 64000, at most 50 per GiB; io2 100 to
   * 256000, at most 1000 per GiB; required for io1 and io2, none for gp2. Default: EBS's own, 3000 for gp3.
   */
  rootVolumeIops?: number;

  /** Throughput of the root volume in MiB/s. Limits: 125 to 2000, at most a quarter of the IOPS; only for gp3. Default: EBS's own, 125. */
  rootVolumeThroughput?: number;

  /** Further volumes of each instance. Limits: at most 10. Default: none. */
  volumes?: VolumeArgs[];

  /**
   * Mounts the disks that belong to the instance type, for the work folder of jobs and for Docker. They are empty again after each
   * stop. On a type without any, both are on the root volume. Limits: excludes the warm pool's state `Hibernated` and volumes at
   * `work` and `docker`. Default: false.
   */
  useInstanceStore?: boolean;

  /** How full the disks may become. */
  diskFloor?: DiskFloorArgs;
}
