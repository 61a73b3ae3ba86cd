/**
 * Kills what is left in the runner's unit. A job may leave a process that forks all the time and whose children hide from a
 * reading of the cgroup: each child lives for less time than passes between the reading and the signal. So the unit may
 * not fork meanwhile, where the kernel's pids controller is available, and the killing repeats until nothing is left.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { HostClock } from "../../shared/ports/clock";
import type { Log } from "../../shared/ports/log";
import { UNIT_CGROUP } from "../units/runner-unit";

/** A killed process is gone within milliseconds, unless it waits for a device. */
const BOUND_MS = 10_000;
const PAUSE_MS = 5;

/** cgroup v2, then the controller's own hierarchy in v1. */
const PIDS_ROOTS = ["/sys/fs/cgroup", "/sys/fs/cgroup/pids"];

export interface Leftovers {
  /** Every process of the unit except this one. */
  pids(): number[];
  kill(pid: number): void;
  /** Keeps the unit from forking; the function that it returns allows it again. */
  forbidForks(): () => void;
}

/** Resolves with whether nothing is left. */
export async function killUntilGone(leftovers: Leftovers, clock: HostClock, log: Pick<Log, "warn">): Promise<boolean> {
  const end = clock.now() + BOUND_MS;
  // Without the limit the killing still ends everything but a process that forks all the time.
  const allowForks = attempt(leftovers.forbidForks, log) ?? (() => undefined);
  try {
    for (;;) {
      const pids = leftovers.pids();
      if (pids.length === 0) return true;
      if (clock.now() >= end) return false;
      for (const pid of pids) leftovers.kill(pid);
      await clock.sleep(PAUSE_MS);
    }
  } finally {
    attempt(allowForks, log);
  }
}

/** Neither a start nor a termination may depend on the limit. A unit that cannot fork says so when it starts. */
function attempt<T>(work: () => T, log: Pick<Log, "warn">): T | undefined {
  try {
    return work();
  } catch (error) {
    log.warn("the limit on the tasks of the runner's unit could not be changed", { error: String(error) });
    return undefined;
  }
}

/**
 * Sets the unit's limit on tasks to 0. It also applies to root, so to the agent itself if it runs in the unit: nothing may be
 * started before the limit is restored. A machine without the controller has no such file and is left as it is.
 */
export function forbidForks(roots: readonly string[] = PIDS_ROOTS): () => void {
  const limits = roots.map((root) => join(root, UNIT_CGROUP, "pids.max")).filter((path) => existsSync(path));
  const before = limits.map((path) => [path, readFileSync(path, "utf8").trim()] as const);
  const restore = () => {
    for (const [path, limit] of before) if (existsSync(path)) writeFileSync(path, limit);
  };
  try {
    for (const path of limits) writeFileSync(path, "0");
  } catch (error) {
    restore();
    throw error;
  }
  return restore;
}
