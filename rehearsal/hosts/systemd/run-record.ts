import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { Cgroup, cgroupMounts } from "./cgroups";
import { TOOL_PATH } from "./command";

/**
 * What one run of the rehearsal holds on this machine: processes in a control group, and a directory. Mounts,
 * namespaces and network links belong to the processes and go with them. When the run dies, a small process that it
 * started removes all of it; should that one have been killed too, a record under /run tells the next run.
 */
export interface Run {
  /** Unique on this machine; part of every name that others could see. */
  readonly id: string;
  /** On disk, for the machines' own disks and whatever else the run needs. Removed by `close`. */
  readonly dir: string;
  /** Control group of all machines of the run. */
  readonly cgroup: string;
  /** Kills what is left, removes the directory and the record. Safe to call twice. */
  close(): Promise<void>;
}

export const RECORDS = "/run/ci-runners-rehearsal";
const PREFIX = "cir-";
/** Killed processes need a moment to be reaped before their control group can go; far more than was ever seen. */
const REAP_MS = 10_000;

interface Stored {
  id: string;
  pid: number;
  /** Start time of the process in clock ticks since boot: a process id alone may be another process's by now. */
  startTime: string;
  dir: string;
}

/** `parent` is where the run's directory is made; default: the system's directory for temporary files. */
export function openRun(parent = tmpdir()): Run {
  mkdirSync(RECORDS, { recursive: true, mode: 0o755 });
  const id = `${process.pid}-${randomBytes(3).toString("hex")}`;
  const dir = mkdtempSync(join(parent, `${PREFIX}${id}-`));
  const record = join(RECORDS, `${id}.json`);
  const stored: Stored = { id, pid: process.pid, startTime: startTime(process.pid) ?? "", dir };
  // Renamed into place: another run's cleanup must never read half a record.
  writeFileSync(`${record}.new`, JSON.stringify(stored));
  renameSync(`${record}.new`, record);
  const reaper = startReaper(stored, record);
  let closing: Promise<void> | undefined;
  const close = async () => {
    await removeRun(stored, record);
    if (reaper.pid === undefined || reaper.exitCode !== null || reaper.signalCode !== null) return;
    const gone = once(reaper, "exit");
    reaper.ref();
    reaper.kill("SIGKILL");
    await gone;
  };
  return { id, dir, cgroup: `${PREFIX}${id}`, close: () => (closing ??= close()) };
}

/** Does nothing until this process ends, however it ends: the kernel then closes the pipe that the reaper reads. */
function startReaper(stored: Stored, record: string): ChildProcess {
  const mounts = cgroupMounts();
  const groups = mounts ? Cgroup.at(mounts, `${PREFIX}${stored.id}`).paths : [];
  const reaper = spawn("sh", [join(__dirname, "reap.sh"), stored.dir, record, ...groups], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
    env: { PATH: TOOL_PATH },
  });
  reaper.once("error", () => {}); // The record is there for the next run.
  reaper.unref();
  (reaper.stdin as Socket | null)?.unref();
  return reaper;
}

/** Removes what earlier runs left that ended without cleaning up. Live runs are not touched. Returns the ids. */
export async function cleanUpDeadRuns(): Promise<string[]> {
  const removed: string[] = [];
  for (const record of records()) {
    const stored = read(record);
    if (!stored || startTime(stored.pid) === stored.startTime) continue;
    await removeRun(stored, record);
    removed.push(stored.id);
  }
  return removed;
}

async function removeRun(stored: Stored, record: string): Promise<void> {
  const mounts = cgroupMounts();
  if (mounts) await emptyAndRemove(Cgroup.at(mounts, `${PREFIX}${stored.id}`), stored.id);
  // The name is checked because a record is a file that could have been altered, and this removes a whole tree.
  if (basename(stored.dir).startsWith(`${PREFIX}${stored.id}`)) rmSync(stored.dir, { recursive: true, force: true });
  rmSync(record, { force: true });
}

async function emptyAndRemove(cgroup: Cgroup, id: string): Promise<void> {
  const giveUp = Date.now() + REAP_MS;
  for (;;) {
    cgroup.kill();
    if (cgroup.remove()) return;
    if (Date.now() > giveUp) {
      throw new Error(`rehearsal run ${id}: processes ${cgroup.processes().join(", ")} survive SIGKILL; end them by hand`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function records(): string[] {
  try {
    return readdirSync(RECORDS)
      .filter((name) => name.endsWith(".json"))
      .map((name) => join(RECORDS, name));
  } catch {
    return [];
  }
}

function read(record: string): Stored | undefined {
  try {
    const value = JSON.parse(readFileSync(record, "utf8")) as Stored;
    return typeof value.id === "string" && /^[\w-]+$/.test(value.id) && typeof value.dir === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Undefined when there is no such process, or only its exit status that nobody has asked for yet. */
function startTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is the name in parentheses and may hold anything; the 22nd is the start time.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
