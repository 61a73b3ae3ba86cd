/**
 * What a team asks of each of its machines beyond the runner. The component writes it, the installer, the units and the agent
 * read it. Every key is absent unless it was asked for, so that the user data of other pools stays as it is.
 */
export interface HostSetup {
  /** `root`: the job's user is in the group docker. `rootless`: an engine of that user's own. Absent: neither. */
  docker?: "root" | "rootless";
  /** `NAME` or `NAME=VERSION`, from the archive of the image's distribution. */
  packages?: string[];
  /** The setup script, an object in the bucket of the host bundle. Hex. */
  script?: { key: string; sha256: string };
  /** Seconds for packages, volumes, Docker and script together; only with one of them. */
  setupTimeout?: number;
  /** Environment of each job. No secret is among them. */
  jobEnvironment?: Record<string, string>;
  proxy?: HostProxy;
  logs?: HostLogging;
  storage?: HostStorage;
  /** Absent: DISK_FLOOR. */
  diskFloor?: DiskFloor;
}

export interface HostProxy {
  /** `http://HOST:PORT`, as is that for https. Never with credentials. */
  http?: string;
  https?: string;
  /** The user's own entries alone; each program adds its own. */
  noProxy: string[];
  /** The host's own calls to AWS go by the proxy, too. */
  awsByProxy?: boolean;
}

export interface HostLogging {
  /** Name of the log group; a host's stream has the instance's id. */
  group: string;
  /** Also the runner's own diagnostic logs. */
  diagnostics: boolean;
}

interface HostStorage {
  volumes: HostVolume[];
  instanceStore?: boolean;
}

export interface HostVolume {
  /** As the launch template names it, such as `/dev/sdf`. */
  device: string;
  /** An absolute path. */
  mountPoint: string;
  /** The image brings its content, so it is never formatted. */
  fromImage?: true;
  /** The pool gives the image's volume a size of its own, to which its file system is enlarged. */
  grows?: true;
  /**
   * Its folders that jobs, or their Docker, reach at places of their own. The volume itself is then root's alone: no one but root can
   * replace such a folder by a link.
   */
  parts?: { folder: string; mountPoint: string }[];
}

/** Below it an instance takes no further job. */
export interface DiskFloor {
  /** GiB. */
  freeSpace: number;
  /** Percent of the file system's inodes. */
  freeInodes: number;
}

/**
 * The usual floor. Workspaces of most jobs need more than 1 GiB, so little is lost by replacing an instance that has less. The
 * share of the inodes is that at which Kubernetes' kubelet evicts by default: a checkout may use tens of thousands.
 */
export const DISK_FLOOR: DiskFloor = { freeSpace: 1, freeInodes: 5 };
