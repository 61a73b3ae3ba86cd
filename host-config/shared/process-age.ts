/** Start time of a process on the current time of day; later changes of the system clock do not distort it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Unit of the times in /proc, the same on all architectures. */
const TICKS_PER_SECOND = 100;

/**
 * In ms since the epoch; undefined if the process is gone. May be some 10 ms too early (more on a busy machine), but never
 * too late: anything written at the process's start belongs to it.
 */
export function startedAt(pid: number, proc = "/proc", now = Date.now): number | undefined {
  try {
    const asked = now();
    const stat = readFileSync(join(proc, String(pid), "stat"), "utf8");
    // proc(5), field 22. The name in parentheses may contain anything, so count fields from its end.
    const ticks = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]);
    const uptime = Number(readFileSync(join(proc, "uptime"), "utf8").split(" ")[0]);
    // Both values are truncated to whole ticks.
    const age = uptime - (ticks - 1) / TICKS_PER_SECOND;
    return Number.isFinite(age) ? asked - age * 1000 : undefined;
  } catch {
    return undefined;
  }
}
