import { HOST_HOME } from "../../../contract/shared/host-paths";
import { type Violation, violation } from "../input-errors";

/** What a mount point may be called instead of a path. */
const NAMED_MOUNT_POINTS = ["work", "docker"] as const;

/** Whole segments of letters, digits and few others: it becomes part of a unit's name, and `..` would leave the folder that was checked. */
const PATH = /^(\/(?!\.{1,2}(\/|$))[\w.+@-]+)+$/;
const LONGEST = 255;

/**
 * Folders of the system, of Amazon's agents, of Docker and of every host of ours. A volume at, below or above one of them hides or holds what the
 * machine needs, or root trusts: the volume is the jobs' own. In /var/lib each program has its state, and more programs than any list.
 */
const SYSTEM = [
  ...["/bin", "/boot", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/libx32", "/proc", "/root", "/run", "/sbin", "/sys", "/usr"],
  ...[HOST_HOME, "/opt/amazon", "/opt/aws", "/snap", "/var/cache", "/var/lib", "/var/log", "/var/run"],
  ...["/var/snap", "/var/spool"],
];

/**
 * Users may write there, so a job could put a link in the way, and at the next boot root would mount the volume wherever that leads.
 */
const USERS = ["/home", "/tmp", "/var/tmp"];

/** @param reserved further folders, which the component needs */
export function mountPointViolations(mountPoints: readonly string[], reserved: readonly string[]): Violation[] {
  const found = mountPoints.flatMap((mountPoint, index) => ownViolations(mountPoint, fieldOf(index), [...SYSTEM, ...reserved]));
  return found.length > 0 ? found : relations(mountPoints);
}

/** One folder, which is no volume of the list. */
export function folderViolations(folder: unknown, field: string, reserved: readonly string[]): Violation[] {
  const system = [...SYSTEM, ...reserved];
  return NAMED_MOUNT_POINTS.some((name) => name === folder)
    ? [violation(field, folder, "not an absolute path of letters, digits and . _ + @ -", "Use a folder such as /ci-cache")]
    : ownViolations(folder, field, system, "Use a folder such as /ci-cache");
}

function fieldOf(index: number): string {
  return `volumes[${index}].mountPoint`;
}

const REMEDY = "Use a folder such as /data, or work or docker";

function ownViolations(mountPoint: unknown, field: string, system: readonly string[], remedy = REMEDY): Violation[] {
  const refuse = (problem: string) => [violation(field, mountPoint, problem, remedy)];
  if (NAMED_MOUNT_POINTS.some((name) => name === mountPoint)) return [];
  if (typeof mountPoint !== "string" || mountPoint.length > LONGEST || !PATH.test(mountPoint))
    return refuse("not an absolute path of letters, digits and . _ + @ -");
  if (USERS.some((folder) => isWithin(mountPoint, folder)))
    return refuse("users may write there, and a job could have it mounted elsewhere at the next boot");
  if (system.some((folder) => isWithin(mountPoint, folder))) return refuse("the system's");
  const hidden = [...system, ...USERS].find((folder) => isWithin(folder, mountPoint));
  return hidden === undefined ? [] : refuse(`the volume would hide ${hidden}`);
}

/** Of two alike, or one below another, the outer one would have to be mounted first, and could be missing. */
function relations(mountPoints: readonly string[]): Violation[] {
  return mountPoints.flatMap((mountPoint, index) => {
    const other = mountPoints.findIndex((one, at) => at !== index && isWithin(mountPoint, one) && (one !== mountPoint || at < index));
    if (other < 0) return [];
    const same = mountPoints[other] === mountPoint;
    const problem = same ? `volumes[${other}] is mounted there` : `it lies below ${mountPoints[other]} of volumes[${other}]`;
    return [violation(fieldOf(index), mountPoint, problem, "Use a folder of its own")];
  });
}

/** Also the same. */
function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}
