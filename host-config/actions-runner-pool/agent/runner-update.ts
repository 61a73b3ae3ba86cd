/**
 * The runner's update script, which outlives its listener. Killed half-way, it would leave a runner without a `bin` folder,
 * which never starts again.
 */
import { readlinkSync } from "node:fs";
import { join } from "node:path";
import type { HostClock } from "../../shared/ports/clock";

/** The script sleeps up to 3 s after the listener has exited; replacing the files takes milliseconds. */
const UPDATE_MS = 30_000;
const UPDATE_PAUSE_MS = 100;
/** The descriptor on which bash keeps its script open. */
const SCRIPT = "255";

/** @param pids of the unit's processes */
export async function updateFinished(clock: HostClock, pids: () => number[], proc = "/proc"): Promise<void> {
  const end = clock.now() + UPDATE_MS;
  while (pids().some((pid) => isUpdate(pid, proc)) && clock.now() < end) await clock.sleep(UPDATE_PAUSE_MS);
}

/**
 * By the open script, which the kernel names, and not by the arguments (`/proc/PID/cmdline`): those are read from the process's
 * own memory, and a job can place them where the reading waits for it, for example in a file of its own file system.
 */
function isUpdate(pid: number, proc: string): boolean {
  try {
    return /\/_update\.sh(?: \(deleted\))?$/.test(readlinkSync(join(proc, String(pid), "fd", SCRIPT)));
  } catch {
    return false;
  }
}
