import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const POLL_MS = 500;

/**
 * Runs the work while no other process on this machine runs it for the same folder. A lock whose owner has exited is
 * taken over, so a killed build does not block later ones.
 */
export async function withLock<T>(folder: string, waiting: () => void, work: () => Promise<T>): Promise<T> {
  const lock = `${folder}.lock`;
  const owner = join(lock, "pid");
  mkdirSync(dirname(lock), { recursive: true });
  let reported = false;
  while (!tryAcquire(lock, owner)) {
    if (!reported) waiting();
    reported = true;
    await sleep(POLL_MS);
  }
  const release = () => rmSync(lock, { recursive: true, force: true });
  process.once("exit", release);
  try {
    return await work();
  } finally {
    process.removeListener("exit", release);
    release();
  }
}

function tryAcquire(lock: string, owner: string): boolean {
  try {
    mkdirSync(lock);
    writeFileSync(owner, String(process.pid));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    if (ownerIsGone(owner)) rmSync(lock, { recursive: true, force: true });
    return false;
  }
}

/** An owner that has not written its process id yet counts as running: the write follows within microseconds. */
function ownerIsGone(owner: string): boolean {
  try {
    const pid = Number(readFileSync(owner, "utf8"));
    if (!pid) return false;
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}
