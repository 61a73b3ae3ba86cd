/** The processes of the runner's unit, as the kernel lists them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { UNIT_CGROUP } from "../units/runner-unit";

export interface Process {
  pid: number;
  /** At most 15 characters; `Runner.Listener` just fits. */
  comm: string;
}

/** Unified tree first; systemd's own tree on machines that still mount both. */
const ROOTS = ["/sys/fs/cgroup", "/sys/fs/cgroup/systemd"];

/** Every process of the unit, including those in cgroups below it. An absent cgroup has none. */
export function unitProcesses(roots: readonly string[] = ROOTS, proc = "/proc"): Process[] {
  const pids = new Set<number>();
  for (const root of roots) collect(join(root, UNIT_CGROUP), pids);
  const processes: Process[] = [];
  for (const pid of pids) {
    const comm = commOf(pid, proc);
    if (comm !== undefined) processes.push({ pid, comm });
  }
  return processes;
}

function collect(folder: string, pids: Set<number>): void {
  try {
    for (const pid of readFileSync(join(folder, "cgroup.procs"), "utf8").split("\n")) if (pid !== "") pids.add(Number(pid));
    for (const entry of readdirSync(folder, { withFileTypes: true })) if (entry.isDirectory()) collect(join(folder, entry.name), pids);
  } catch (error) {
    // It may vanish while it is read. Anything else must not look like an empty cgroup.
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== "ENOENT" && code !== "ENODEV") throw error;
  }
}

/** Undefined: gone by now. A zombie has ended its work and counts as gone. */
function commOf(pid: number, proc: string): string | undefined {
  try {
    const stat = readFileSync(join(proc, String(pid), "stat"), "utf8");
    const end = stat.lastIndexOf(")");
    if (stat[end + 2] === "Z") return undefined;
    return stat.slice(stat.indexOf("(") + 1, end);
  } catch {
    return undefined;
  }
}
