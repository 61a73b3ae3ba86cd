/**
 * Restores what pristine.ts keeps. Root handles folders here that a job has written, so: no process of the job's user runs
 * meanwhile; the runner's folder is moved as a whole and deleted by rm, which follows no links; and what is below the user's
 * home is changed with that user's own rights, because any part of the path may be a link of a job's.
 */
import { spawn } from "node:child_process";
import { closeSync, existsSync, lstatSync, mkdirSync, openSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { PATHS, type HostConfig } from "../../../contract/actions-runner-pool/host";
import type { HostClock } from "../../shared/ports/clock";
import { usersMountsBelow } from "./mounts";
import type { Renewal } from "./ports/renewal";
import { archives, ON_THIS_HOST, HOME_PATHS, type PristineFiles } from "./pristine";
import { accountOf, type Account } from "./registrar";
import { endProcessesOf, processesOf, survivors, type UserProcess } from "./user-processes";
import { killUserSlice } from "./user-slice";

/** For each command. A runner takes some 600 MB, which a slow volume writes in a minute; its old folder may have many files. */
const TIMEOUT_MS = 600_000;
const PATH = "/usr/sbin:/usr/bin:/sbin:/bin";

/** Where cron and at keep what users have them run, on Debian's and on Red Hat's systems. */
interface SchedulerFolders {
  /** One file per user, by name. */
  crontabs: readonly string[];
  /** Each file is its user's. */
  jobs: readonly string[];
}

const SCHEDULERS: SchedulerFolders = {
  crontabs: ["/var/spool/cron/crontabs", "/var/spool/cron"],
  jobs: ["/var/spool/cron/atjobs", "/var/spool/at"],
};

export interface RenewalFiles extends PristineFiles {
  schedulers: SchedulerFolders;
  /** The folder of the runner's performance log, which belongs to the job's user. */
  perfLog: string;
  proc: string;
}

/** What ends the processes; overridden by tests. */
interface Ends {
  slice(uid: number, clock: HostClock): Promise<boolean>;
  all(account: Account & { user: string }, clock: HostClock): Promise<void>;
  left(account: Account & { user: string }): readonly UserProcess[];
}

const KERNEL: Ends = { slice: killUserSlice, all: endProcessesOf, left: processesOf };

/** @param account,files,ends overridden by tests */
export function renewal(
  { runnerUser }: Pick<HostConfig, "runnerUser">,
  clock: HostClock,
  account: () => Account = () => accountOf(runnerUser),
  files: RenewalFiles = { ...ON_THIS_HOST, schedulers: SCHEDULERS, perfLog: PATHS.perfLog, proc: "/proc" },
  ends: Ends = KERNEL,
): Renewal {
  const kept = archives(files.folder);
  return {
    async endProcesses() {
      const own = { user: runnerUser, ...account() };
      // The slice as a whole first: there the kernel also ends what has neither the uid nor the rights of the user.
      if (!(await ends.slice(own.uid, clock))) throw new Error(`processes in the slice of runnerUser ${runnerUser} survive SIGKILL`);
      await ends.all(own, clock);
    },
    async disarm() {
      const { uid } = account();
      if (existsSync(join(files.linger, runnerUser))) await endLingering(runnerUser, files.linger);
      for (const folder of files.schedulers.crontabs) removeFile(join(folder, runnerUser));
      for (const folder of files.schedulers.jobs) for (const path of filesOf(uid, folder)) removeFile(path);
    },
    deleteWork: () => remove(join(files.runner, "_work")),
    async check() {
      const lingers = join(files.linger, runnerUser);
      if (existsSync(lingers)) throw new Error(`runnerUser ${runnerUser} lingers again: ${lingers}`);
      const left = ends.left({ user: runnerUser, ...account() });
      if (left.length > 0) throw new Error(survivors(runnerUser, left));
    },
    async restore() {
      if (!existsSync(kept.runner)) {
        throw new Error("this instance was installed without a copy of its runner, before the pool had warmPool.reuseOnScaleIn");
      }
      const own = account();
      for (const mount of usersMountsBelow([files.runner, own.home, files.perfLog], files.proc)) await command("umount", ["--lazy", mount]);
      await empty(files.perfLog);
      await restoreRunner(files);
      await restoreHome(kept.home, own);
    },
  };
}

/** Only a job can have enabled it (pristine.ts). Without systemd-logind nothing acts on its file. */
async function endLingering(user: string, folder: string): Promise<void> {
  await command("loginctl", ["disable-linger", user]).catch(() => undefined);
  removeFile(join(folder, user));
}

/**
 * The old folder goes before the new one is unpacked, which needs its space where jobs have filled the disk. Their work folder,
 * with their caches, waits beside it meanwhile. Cut short at any point, it starts over and finds that folder there.
 */
async function restoreRunner({ folder, runner }: PristineFiles): Promise<void> {
  const [next, old, work] = ["next", "old", "work"].map((name) => join(folder, name)) as [string, string, string];
  await remove(next);
  if (isThere(runner)) {
    await remove(old);
    await move(runner, old);
  }
  if (isThere(join(old, "_work"))) {
    await remove(work);
    await move(join(old, "_work"), work);
  }
  await remove(old);
  mkdirSync(next);
  await command("tar", ["--extract", `--file=${archives(folder).runner}`, `--directory=${next}`]);
  await move(next, runner);
  if (isThere(work)) await move(work, join(runner, "_work"));
}

function remove(path: string): Promise<void> {
  return command("rm", ["-rf", "--one-file-system", "--", path]);
}

function move(from: string, to: string): Promise<void> {
  return command("mv", ["--no-target-directory", "--", from, to]);
}

/** By the shell's patterns, because a job may give files names that are no text. In /run: in most cases a boot has emptied it. */
async function empty(folder: string): Promise<void> {
  if (existsSync(folder)) await command("/bin/sh", ["-c", "rm -rf --one-file-system -- ..?* .[!.]* *"], { cwd: folder });
}

async function restoreHome(archive: string, { uid, gid, home }: Account): Promise<void> {
  const asUser = { uid, gid, cwd: home };
  await command("rm", ["-rf", "--", ...HOME_PATHS], asUser);
  const input = openSync(archive, "r");
  try {
    await command("tar", ["--extract", "--file=-"], { ...asUser, input });
  } finally {
    closeSync(input);
  }
}

interface Options {
  uid?: number;
  gid?: number;
  cwd?: string;
  /** File descriptor. */
  input?: number;
}

/** Rejects with the last line of the command's error output. */
function command(file: string, args: readonly string[], { input, ...options }: Options = {}): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      cwd: "/",
      ...options,
      env: { PATH, LC_ALL: "C" },
      stdio: [input ?? "ignore", "ignore", "pipe"],
      timeout: TIMEOUT_MS,
      killSignal: "SIGKILL",
    });
    let said = "";
    child.stderr?.on("data", (chunk) => (said = `${said}${chunk}`.slice(-2_000)));
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (code === 0) return resolve();
      reject(new Error(`${file} ${args[0]}: ${signal ?? `exit code ${code}`}: ${said.trim().split("\n").at(-1)}`));
    });
  });
}

/** Also true for a link that leads nowhere. */
function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function removeFile(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === false) rmSync(path, { force: true });
}

function filesOf(uid: number, folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .map((name) => join(folder, name))
    .filter((path) => lstatSync(path, { throwIfNoEntry: false })?.uid === uid);
}
