/** The processes of the runner's unit, read from the cgroup and /proc. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { UNIT_CGROUP } from "../units/runner-unit";

export interface UnitProcess {
  pid: number;
  /** Truncated by the kernel to 15 characters, the length of `Runner.Listener`. */
  comm: string;
  /** Pid of the parent; 1 for an orphan. */
  parent: number;
  /** Clock ticks since boot. */
  started: number;
}

/** The unified hierarchy, then systemd's own on machines that still mount both. */
const ROOTS = ["/sys/fs/cgroup", "/sys/fs/cgroup/systemd"];

/** Every process of the unit, including those in child cgroups. A missing cgroup has none. */
export function unitProcesses(roots: readonly string[] = ROOTS, proc = "/proc"): UnitProcess[] {
  const processes: UnitProcess[] = [];
  for (const pid of unitPids(roots)) {
    const found = readProcess(pid, proc);
    if (found) processes.push(found);
  }
  return processes;
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
 */
export function listenerAmong(processes: readonly UnitProcess[]): number | undefined {
  const byAge = [...processes].sort((one, other) => one.started - other.started || one.pid - other.pid);
  const parents = new Map(byAge.map(({ pid, parent }) => [pid, parent]));
  const first = byAge[0]?.pid;
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
