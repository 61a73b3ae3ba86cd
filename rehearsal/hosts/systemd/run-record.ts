import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { removeFolder } from "../remove-folder";
import { Cgroup, cgroupMounts } from "./cgroups";
import { TOOL_PATH } from "./command";

/**
 * What one run of the rehearsal holds on this host: processes in a control group, and a directory. Mounts, namespaces
 * and network links belong to the processes and end with them. If the run is killed, its reaper process removes
 * everything; if the reaper was killed too, the next run finds the record under /run and does it.
 */
export interface Run {
  /** Unique on this host; part of every name that is visible outside the run. */
  readonly id: string;
  /** For the machines' disks and whatever else the run needs. Removed by `close`. */
  readonly dir: string;
  /** Control group of all machines of the run. */
  readonly cgroup: string;
  /** Kills what is left, removes the directory and the record. Safe to call twice. */
  close(): Promise<void>;
}

export const RECORDS = "/run/ci-runners-rehearsal";
const PREFIX = "cir-";
/** Killed processes must be reaped before their control group can be removed; far longer than ever observed. */
const REAP_MS = 10_000;

interface Stored {
  id: string;
  pid: number;
  /** Start time of the process in clock ticks since boot: the process id alone may have been reused. */
  startTime: string;
  dir: string;
}

/** @param parent where to create the run's directory; default: the system's directory for temporary files. */
export function openRun(parent = tmpdir()): Run {
  mkdirSync(RECORDS, { recursive: true, mode: 0o755 });
  const id = `${process.pid}-${randomBytes(3).toString("hex")}`;
  const dir = mkdtempSync(join(parent, `${PREFIX}${id}-`));
  const record = join(RECORDS, `${id}.json`);
  const stored: Stored = { id, pid: process.pid, startTime: startTime(process.pid) ?? "", dir };
  // Renamed into place: another run's cleanup must never read an incomplete record.
  writeFileSync(`${record}.new`, JSON.stringify(stored));
  renameSync(`${record}.new`, record);
  const reaper = startReaper(stored, record);
  let closing: Promise<void> | undefined;
  const close = async () => {
    await removeRun(stored, record);
    if (reaper.pid === undefined || reaper.exitCode !== null || reaper.signalCode !== null) return;
    const exited = once(reaper, "exit");
    reaper.ref();
    reaper.kill("SIGKILL");
    await exited;
  };
  return { id, dir, cgroup: `${PREFIX}${id}`, close: () => (closing ??= close()) };
}

/** The reaper waits until this process ends, however it ends: the kernel then closes the pipe that the reaper reads. */
function startReaper(stored: Stored, record: string): ChildProcess {
  const mounts = cgroupMounts();
  const groups = mounts ? Cgroup.at(mounts, `${PREFIX}${stored.id}`).paths : [];
  const reaper = spawn("sh", [join(__dirname, "reap.sh"), stored.dir, record, ...groups], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
    env: { PATH: TOOL_PATH },
  });
  reaper.once("error", () => {}); // The next run cleans up from the record.
  reaper.unref();
  (reaper.stdin as Socket | null)?.unref();
  return reaper;
}

/** Removes what earlier runs left if they ended without cleaning up; running ones are not touched. Returns their ids. */
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
  // Check the name: the record could have been altered, and this removes a whole tree.
  if (basename(stored.dir).startsWith(`${PREFIX}${stored.id}`)) await removeFolder(stored.dir);
  rmSync(record, { force: true });
}

async function emptyAndRemove(cgroup: Cgroup, id: string): Promise<void> {
  const deadline = Date.now() + REAP_MS;
  for (;;) {
    cgroup.kill();
    if (cgroup.remove()) return;
    if (Date.now() > deadline) {
      throw new Error(`rehearsal run ${id}: processes ${cgroup.processes().join(", ")} survive SIGKILL; end them manually`);
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

/** Undefined if there is no such process, or if it is a zombie. */
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
