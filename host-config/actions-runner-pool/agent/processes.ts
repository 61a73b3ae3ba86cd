/** The processes of the runner's unit, read from the cgroup and /proc, and the runner's own that a job moved out of it. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { PATHS } from "../../../contract/actions-runner-pool/host";
import { UNIT_CGROUP, USERS_CGROUP } from "../units/runner-unit";

export interface UnitProcess {
  pid: number;
  /** Truncated by the kernel to 15 characters, the length of `Runner.Listener`. */
  comm: string;
  /** Pid of the parent; 1 for an orphan. */
  parent: number;
  /** Clock ticks since boot. */
  started: number;
  /** A program of the runner outside the unit's cgroup, which the fence does not reach. Only a job moves one there. */
  moved?: true;
}

/** Listener and worker under the names that the kernel shows, and the service that starts them. */
const PROGRAMS = ["Runner.Listener", "Runner.Worker"];
const SERVICE = "runsvc.sh";

/** The unified hierarchy, then systemd's own on machines that still mount both. */
const ROOTS = ["/sys/fs/cgroup", "/sys/fs/cgroup/systemd"];

/**
 * Every process of the unit, including those in child cgroups. A missing cgroup has none. The programs of the runner that a
 * job moved to its user's slice count as well: whatever is unseen here would be neither waited for nor stopped.
 */
export function unitProcesses(roots: readonly string[] = ROOTS, proc = "/proc"): UnitProcess[] {
  const members = unitPids(roots);
  const read = (pids: Iterable<number>) => [...pids].map((pid) => readProcess(pid, proc)).filter((found) => found !== undefined);
  const unit = read(members);
  // Usually no user is logged in, and reading every process of the machine is unnecessary.
  if (!roots.some((root) => hasUsers(join(root, USERS_CGROUP)))) return unit;
  // After the unit's: a process that is moved in between is then in both readings, and not in neither.
  const others = read(allPids(proc).filter((pid) => !members.has(pid)));
  const names = new Map([...unit, ...others].map(({ pid, comm }) => [pid, comm]));
  const moved = others.filter((process) => isRunners(process, names.get(process.parent), proc) && isUsers(process.pid, proc));
  return [...unit, ...moved.map((process) => ({ ...process, moved: true as const }))];
}

/** Whether there is a slice of a user other than root, where no job can move anything. */
function hasUsers(folder: string): boolean {
  try {
    return readdirSync(folder).some((name) => /^user-[1-9]/.test(name));
  } catch {
    return false;
  }
}

function allPids(proc: string): number[] {
  return readdirSync(proc)
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/**
 * From the process, not from the cgroup's folders: the job's user may create those, too many or too deep to be walked. The
 * kernel then refuses to show the path, so what cannot be read counts.
 */
function isUsers(pid: number, proc: string): boolean {
  try {
    return new RegExp(`:/${USERS_CGROUP.replace(".", "\\.")}/user-[1-9]`).test(readFileSync(join(proc, String(pid), "cgroup"), "utf8"));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENAMETOOLONG";
  }
}

/** By name, by parent or, for a service host whose parent is gone, by program. A runner in a container is not ours. */
function isRunners({ pid, comm }: UnitProcess, parent: string | undefined, proc: string): boolean {
  const ours = PROGRAMS.includes(comm) || comm === SERVICE || parent === SERVICE || programOf(pid, proc).startsWith(`${PATHS.runner}/`);
  return ours && !isInContainer(pid, proc);
}

/** The link's text only: the file itself may be on a file system that the job's user serves. */
function programOf(pid: number, proc: string): string {
  try {
    return readlinkSync(join(proc, String(pid), "exe"));
  } catch {
    return "";
  }
}

/** More than one pid means a process in a namespace below this one. No process can be moved into such a namespace. */
function isInContainer(pid: number, proc: string): boolean {
  try {
    return /^NSpid:\s+\d+\s+\d/m.test(readFileSync(join(proc, String(pid), "status"), "utf8"));
  } catch {
    return false;
  }
}

/** The same as the kernel lists them, with those that end before anything else about them can be read. */
export function unitPids(roots: readonly string[] = ROOTS): Set<number> {
  const pids = new Set<number>();
  for (const root of roots) collect(join(root, UNIT_CGROUP), pids);
  return pids;
}

function collect(folder: string, pids: Set<number>): void {
  try {
    for (const pid of readFileSync(join(folder, "cgroup.procs"), "utf8").split("\n")) if (pid !== "") pids.add(Number(pid));
    for (const entry of readdirSync(folder, { withFileTypes: true })) if (entry.isDirectory()) collect(join(folder, entry.name), pids);
  } catch (error) {
    // The cgroup may disappear while it is read. Any other error must not be mistaken for an empty cgroup.
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== "ENOENT" && code !== "ENODEV") throw error;
  }
}

/**
 * The runner's own listener among all processes of that name: a job's process may have any name, and may outlive its job.
 * The real one is a grandchild of the unit's first process (runsvc.sh, RunnerService.js). A process that a job started is
 * deeper in the tree or, once its parent is gone, not connected to it. If the service is gone, the oldest one counts.
 *
 * @param main the unit's first process, where systemd tells it; otherwise the oldest in the unit's cgroup
 */
export function listenerAmong(processes: readonly UnitProcess[], main?: number): number | undefined {
  const byAge = [...processes].sort((one, other) => one.started - other.started || one.pid - other.pid);
  const parents = new Map(byAge.map(({ pid, parent }) => [pid, parent]));
  const first = main ?? (byAge.find(({ moved }) => !moved) ?? byAge[0])?.pid;
  const depth = (pid: number) => {
    let steps = 0;
    for (let at: number | undefined = pid; at !== first; at = parents.get(at), steps++) {
      if (at === undefined || steps > parents.size) return Infinity;
    }
    return steps;
  };
  let best: { pid: number; depth: number } | undefined;
  for (const { pid, comm } of byAge) {
    if (comm !== "Runner.Listener") continue;
    const found = { pid, depth: depth(pid) };
    if (best === undefined || found.depth < best.depth) best = found;
  }
  return best?.pid;
}

/** Undefined if the process is gone. A zombie counts as gone. */
function readProcess(pid: number, proc: string): UnitProcess | undefined {
  try {
    const stat = readFileSync(join(proc, String(pid), "stat"), "utf8");
    // The name in parentheses may contain anything, so count fields from its end: in proc(5) the state is the third.
    const end = stat.lastIndexOf(")");
    const fields = stat
      .slice(end + 2)
      .trim()
      .split(" ");
    if (fields[0] === "Z") return undefined;
    return { pid, comm: stat.slice(stat.indexOf("(") + 1, end), parent: Number(fields[1]), started: Number(fields[19]) };
  } catch {
    return undefined;
  }
}
