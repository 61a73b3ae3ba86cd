import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const POLL_MS = 500;

/**
 * Runs the work while no other process on this machine runs it for the same folder. A lock whose owner has exited is
 * taken over, so a killed build does not block later ones.
 *
 * The lock is a folder of numbered turns. The process that created the highest turn holds the lock until it ends the
 * turn or exits; the next process creates the turn after it. The highest turn is never removed, so of several
 * processes that find the same owner gone, only one can create its successor, and one that comes too late creates a turn
 * below the highest, which counts for nothing. Locks that are removed and created again do not have this property:
 * a late process removes the new owner's lock. This is also a known defect of the npm packages for locks
 * (moxystudio/node-proper-lockfile#121), and Node has no binding for the kernel's own locks.
 */
export async function withLock<T>(folder: string, waiting: () => void, work: () => Promise<T>): Promise<T> {
  // Not `.lock`: release 0.2.0 has a folder of that name without turns, and would wait forever for one that it finds.
  const turns = `${folder}.turns`;
  mkdirSync(turns, { recursive: true });
  let reported = false;
  let turn: string | undefined;
  while ((turn = tryAcquire(turns)) === undefined) {
    if (!reported) waiting();
    reported = true;
    await sleep(POLL_MS);
  }
  const release = end.bind(undefined, turn);
  process.once("exit", release);
  try {
    return await work();
  } finally {
    process.removeListener("exit", release);
    release();
  }
}

let attempts = 0;

function tryAcquire(turns: string): string | undefined {
  const latest = endedTurn(turns);
  return latest === undefined ? undefined : claimAfter(turns, latest);
}

/** The number of the highest turn if it has ended, 0 if there was none yet, undefined while its owner holds the lock. */
export function endedTurn(turns: string): number | undefined {
  const latest = highest(turns);
  return latest === 0 || hasEnded(join(turns, String(latest))) ? latest : undefined;
}

/** Creates the turn after one that has ended. Returns its path, or undefined if another process was faster. */
export function claimAfter(turns: string, latest: number): string | undefined {
  const turn = join(turns, String(latest + 1));
  if (!create(turns, turn) || highest(turns) !== latest + 1) return undefined;
  for (const earlier of numbers(turns)) if (earlier <= latest) rmSync(join(turns, String(earlier)), { force: true });
  return turn;
}

/** The turn appears together with its content, so that a process killed in between leaves no turn without an owner. */
function create(turns: string, turn: string): boolean {
  const draft = join(turns, `${process.pid}-${++attempts}.draft`);
  writeFileSync(draft, `${process.pid} ${startOf(process.pid) ?? ""}`);
  try {
    linkSync(draft, turn);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return false;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** An empty file is a turn that has ended, and so is one that was removed together with the whole cache. */
function end(turn: string): void {
  if (existsSync(turn)) truncateSync(turn);
}

function hasEnded(turn: string): boolean {
  let content: string;
  try {
    content = readFileSync(turn, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false; // it is no longer the highest
    throw error;
  }
  const [pid = "", start = ""] = content.split(" ");
  if (!Number(pid)) return true;
  try {
    process.kill(Number(pid), 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
  // After a while, or a reboot, another process may have the same id.
  return start !== "" && startOf(Number(pid)) !== start;
}

/** When the process started, as the kernel counts it, with the boot. Undefined for a zombie, and where there is no /proc. */
function startOf(pid: number): string | undefined {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" "); // the program's name may contain spaces
    return fields[0] === "Z" ? undefined : `${boot}/${fields[19]}`;
  } catch {
    return undefined;
  }
}

function numbers(turns: string): number[] {
  return readdirSync(turns).flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
}

function highest(turns: string): number {
  return Math.max(0, ...numbers(turns));
}
