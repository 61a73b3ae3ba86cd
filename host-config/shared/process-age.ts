/** When a process began, told in the time of day as it is now: a clock that was set since then makes no difference. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Of the times in /proc; the same on all architectures. */
const TICKS_PER_SECOND = 100;

/**
 * Ms since the epoch; undefined: it is gone. Rather some 10 ms too early, or more on a busy machine, than a moment too
 * late: what came with the process's first breath is its own.
 */
export function startedAt(pid: number, proc = "/proc", now = Date.now): number | undefined {
  try {
    const asked = now();
    const stat = readFileSync(join(proc, String(pid), "stat"), "utf8");
    // proc(5), field 22. The name, in parentheses, may hold anything, so fields are counted from its end.
    const ticks = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]);
    const uptime = Number(readFileSync(join(proc, "uptime"), "utf8").split(" ")[0]);
    // Both are cut off to whole ticks.
    const age = uptime - (ticks - 1) / TICKS_PER_SECOND;
    return Number.isFinite(age) ? asked - age * 1000 : undefined;
  } catch {
    return undefined;
  }
}
