/** What is installed on the machine beside what every component's hosts have, and where. */
import { HOST_HOME } from "../shared/host-paths";
import type { HostSetup } from "../shared/host-setup";

export const PERSISTENT_PATHS = {
  home: HOST_HOME,
  /** Fetches order, bundle and configuration at each boot. Written by the user data, and by each installation anew. */
  boot: `${HOST_HOME}/boot.sh`,
  node: `${HOST_HOME}/node`,
  agent: `${HOST_HOME}/agent.cjs`,
  jobStartedHook: `${HOST_HOME}/hooks/job-started.sh`,
  jobCompletedHook: `${HOST_HOME}/hooks/job-completed.sh`,
  /** PersistentHostConfig of the current boot. */
  config: "/etc/ci-runners/config.json",
  /** Private authorities as PEM text. */
  authorities: "/etc/ci-runners/authorities.pem",
  /** BootOrder of the current boot; mode 0600. */
  order: "/run/ci-runners/order.json",
  /** The runner's configuration for its one job; mode 0600, and removed once the runner has it. */
  runnerEnvironment: "/run/ci-runners/runner.env",
  /** Since when the machine is idle. */
  idle: "/run/ci-runners/idle.json",
  /** The order's holder, for the hooks, which the job's user runs. */
  holder: "/run/ci-runners/holder",
  runner: "/opt/actions-runner",
  /** Digest by which the machine was last prepared to the end. */
  prepared: "/var/lib/ci-runners/prepared",
  /** While it exists, neither the idle stop nor the end of a job switches the machine off, but the session's limit does. */
  debug: "/run/ci-runners/debug",
  /** Logs of runs, one folder for each, on the persistent disk. */
  runLogs: "/var/lib/ci-runners/runs",
  /** Where the cache volume is mounted; root's alone. Jobs reach its folders at places of their own. */
  cacheVolume: "/var/lib/ci-runners/cache",
  /** `cache.epoch` for which the machine was wiped last. With a cache volume, on that: it outlives the machine. */
  cacheEpoch: "/var/lib/ci-runners/cache-epoch",
  cacheVolumeEpoch: "/var/lib/ci-runners/cache/epoch",
  /** `UID:GID` of the job's user who was last given the caches; with a cache volume on that, too. */
  cacheOwner: "/var/lib/ci-runners/cache-owner",
  cacheVolumeOwner: "/var/lib/ci-runners/cache/owner",
  /** What hooks write, as the job's user: the run key of the job at work. On the disk, of which a job may use up all. */
  activity: "/var/lib/ci-runners/job/activity",
  /** Containers of the system's engine that the preparation left, so that a boot removes no others. */
  containers: "/var/lib/ci-runners/containers",
} as const;

export const PERSISTENT_UNITS = {
  boot: "ci-runners-boot.service",
  runner: "actions-runner.service",
  idle: "ci-runners-idle.service",
  idleTimer: "ci-runners-idle.timer",
  /** Reports a job of another run. */
  report: "ci-runners-report.service",
  /** Switches the machine off once it has been on for maxSession. */
  failsafe: "ci-runners-failsafe.timer",
  failsafeService: "ci-runners-failsafe.service",
  /** The same at the end of firstBootTimeout, while the machine prepares itself. Transient. */
  firstBoot: "ci-runners-first-boot.timer",
  /** Whatever switches the machine off starts it. */
  powerOff: "ci-runners-power-off.service",
  /** Cuts the power if an orderly power-off hangs. */
  forceOff: "ci-runners-force-off.timer",
  forceOffService: "ci-runners-force-off.service",
} as const;

/** Seconds that an orderly power-off may take. */
export const FORCE_OFF_AFTER = 60;

/** A machine with less takes no job. */
export interface DiskGate {
  /** Percent of a file system that may be in use, as `df` counts them: of the root volume, and of the cache volume. */
  used: number;
  /** GiB that must be free on the root volume, where jobs work. */
  freeSpace: number;
  /** Percent of either file system's inodes; absent: that of DISK_GATE. */
  freeInodes?: number;
}

export const DISK_GATE = { used: 80, freeSpace: 20, freeInodes: 5 } as const satisfies DiskGate;

/** Written by the component as an object of the bucket; its digest is in each BootOrder. */
export interface PersistentHostConfig extends HostSetup {
  name: string;
  region: string;
  leaseTable: string;
  registration: "jit" | "service";
  /** `https://github.com/OWNER/REPO` or of an organization. */
  githubUrl: string;
  /** With registration `service`; a runner of one job gets it by the control function. */
  runnerGroup?: string;
  runnerUser: string;
  /** Absent: the runner is already on the image, in PERSISTENT_PATHS.runner. */
  runnerArchive?: { url: string; sha256: string };
  /** Private authorities as PEM text that ends with a line feed. */
  authorities?: string;
  cache: CacheConfig;
  /** Absent: DISK_GATE. */
  diskGate?: DiskGate;
  /** Seconds. */
  idleStopTimeout: number;
  /** Seconds. */
  maxSession: number;
  /** Seconds for a boot that prepares the machine. */
  firstBootTimeout: number;
  /** Days for which logs of runs stay on the machine. */
  runLogsKept: number;
  jobsMayUseInstanceRole: boolean;
}

export interface CacheConfig {
  /** Folder of the caches, the job user's. */
  mount: string;
  /** Id of the volume with the caches, and with Docker's data; absent: both are on the root volume. */
  volumeId?: string;
  /** Folders below `mount`, in the order in which they are emptied when a disk is full. */
  evict: string[];
  /**
   * Any text. When it is another than before, the next boot wipes what jobs could write: the caches, workspaces, their user's home, Docker's
   * data. After a run that may have poisoned any of it.
   */
  epoch?: string;
}

/** As a device of NVMe, whatever name EC2 has for it. */
export function cacheDevice(volumeId: string): string {
  return `/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${volumeId.replace("-", "")}`;
}

/** Messages that other programs search for in the machine's structured log. */
export const PERSISTENT_LOG = {
  prepared: "machine prepared",
  ready: "machine ready",
  jobEnded: "runner ended",
  foreignJob: "a job of another run was refused",
  idleStop: "idle: switching off",
  sessionOver: "session's limit reached: switching off",
  diskFull: "disk full: no job is taken",
  bootFailed: "boot failed: no job is taken",
  notOurs: "the lease is another's or was released: no job is taken",
} as const;

/** What a machine counts itself. */
export const PERSISTENT_HOST_METRICS = {
  dimension: "PersistentRunner",
  /** Failures to deliver the host's logs. */
  logFailures: "HostLogFailures",
  /** Jobs that asked for the label of another run's start, and were refused. */
  foreignJobs: "ForeignJobs",
} as const;
