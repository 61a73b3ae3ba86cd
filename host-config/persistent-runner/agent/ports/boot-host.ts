import type { PersistentHostConfig } from "../../../../contract/persistent-runner/host";
import type { BootOrder, RunOrder } from "../../../../contract/persistent-runner/order";
import type { HostClock } from "../../../shared/ports/clock";
import type { Log } from "../../../shared/ports/log";
import type { LeaseWrites } from "./lease-writes";

/** Text that outlives the machine's boots. */
export interface Kept {
  get(): string | undefined;
  set(text: string): void;
}

/** How full a file system is. */
export interface DiskUse {
  path: string;
  /** Percent, as `df` counts it: of what the job's user could use. */
  used: number;
  /** Bytes that the job's user may still write. */
  available: number;
  /** Percent of the file system's inodes. */
  freeInodes: number;
}

/** What may go when a disk is full. */
export interface Evictable {
  what: string;
  /** Of its disk, as `DiskUse` names it. */
  path: string;
  /** Rejects if some of it stays. */
  free(): Promise<void>;
}

export interface BootHost {
  config: PersistentHostConfig;
  order: BootOrder;
  clock: HostClock;
  log: Log;
  lease: LeaseWrites;
  prepared: Kept;
  /** Ends what an earlier job has left to be started at a boot. Fails no boot: a job decides what it finds. */
  endFormerProcesses(): Promise<void>;
  /** Packages, volumes, Docker, the setup script and the units. Rejects with the reason. */
  prepare(): Promise<void>;
  /** Volumes of a machine that is prepared. May be repeated. */
  mountVolumes(): Promise<void>;
  /** In the order in which it goes. */
  evictable(): Evictable[];
  /** The boot script and the limits of the configuration, which a preparation that is cut short leaves for the next. */
  installLoader(): Promise<void>;
  /** Has Docker answer, without what earlier jobs left in it, and gives the job's user what is in the workspaces. */
  settleJobs(): Promise<void>;
  disks(): Promise<DiskUse[]>;
  runner: {
    /** Gives the runner what it registers by. */
    configure(order: RunOrder): Promise<void>;
    start(): Promise<void>;
  };
  /** A machine that has been prepared is bounded by its session's limit alone. */
  liftFirstBootLimit(): Promise<void>;
  /** Requests it. */
  powerOff(): Promise<void>;
}
