/**
 * Restores what pristine.ts keeps. Root handles folders here that a job has written, so: no process of the job's user runs
 * meanwhile; the runner's folder is moved as a whole and deleted by rm, which follows no links; and what is below the user's
 * home is changed with that user's own rights, because any part of the path may be a link of a job's.
 */
import { closeSync, existsSync, lstatSync, mkdirSync, openSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { PATHS } from "../../../contract/actions-runner-pool/host";
import { workFolder } from "../../../contract/shared/host-paths";
import type { HostSetup } from "../../../contract/shared/host-setup";
import type { HostClock } from "../../shared/ports/clock";
import { command, TIMEOUT_MS } from "./command";
import { usersMountsBelow } from "../../shared/mounts";
import { asUserOf, type AsUser, type UnitConfig } from "../../shared/own-unit";
import type { Renewal } from "./ports/renewal";
import { archives, ON_THIS_HOST, HOME_PATHS, type PristineFiles } from "./pristine";
import { accountOf, type Account } from "../../shared/account";
import { endProcessesOf, killAllBy, processesOf, survivors, type UserProcess } from "./user-processes";
import { killUserSlice } from "./user-slice";

/** systemd ends a command of the job's user first. */
const MARGIN_MS = 15_000;

/** The folders that lead to what is removed in the home; a job may have taken its user's right to write there, or in what is removed. */
const PARENTS = [
  ...new Set(HOME_PATHS.flatMap((path) => path.split("/").map((_name, depth, names) => names.slice(0, depth).join("/") || "."))),
];
/** What chmod cannot change rm reports, if it matters. Links are left out, because they may lead anywhere. */
const REMOVAL = `for path in ${PARENTS.join(" ")}; do [ -L "$path" ] || chmod u+rwx "$path"; done 2>/dev/null
for path; do [ -L "$path" ] || chmod -R u+rwX -- "$path"; done 2>/dev/null
exec rm -rf -- "$@"`;

/**
 * By the shell's patterns, because a job may give files names that are no text; a hundred at a time, because the kernel takes only so
 * many arguments.
 */
const EMPTY = `for path in ..?* .[!.]* *; do
  set -- "$@" "$path"
  [ $# -lt 100 ] || { rm -rf --one-file-system -- "$@" || failed=1; set --; }
done
rm -rf --one-file-system -- "$@" || failed=1
exit \${failed:-0}`;

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
  /** The work folder of jobs, where it is not in the runner's folder; from the configuration, unless a test gives one. */
  work?: string;
  proc: string;
}

/** What ends the processes; overridden by tests. */
interface Ends {
  slice(uid: number, clock: HostClock): Promise<boolean>;
  all(account: Account & { user: string }, clock: HostClock, killAll: () => Promise<void>): Promise<void>;
  left(account: Account & { user: string }): readonly UserProcess[];
}

const KERNEL: Ends = { slice: killUserSlice, all: endProcessesOf, left: processesOf };

/** @param asUser,account,files,ends overridden by tests */
export function renewal(
  config: UnitConfig & Pick<HostSetup, "storage">,
  clock: HostClock,
  asUser: AsUser = asUserOf(config),
  account: () => Account = () => accountOf(config.runnerUser),
  files: RenewalFiles = { ...ON_THIS_HOST, schedulers: SCHEDULERS, perfLog: PATHS.perfLog, proc: "/proc" },
  ends: Ends = KERNEL,
): Renewal {
  const { runnerUser } = config;
  const kept = archives(files.folder);
  const work = files.work ?? workFolder(config);
  const inHome = ({ home }: Account, words: readonly string[], input?: number) =>
    command(asUser(home, TIMEOUT_MS / 1000, words), { input }, TIMEOUT_MS + MARGIN_MS);
  return {
    async endProcesses() {
      const own = { user: runnerUser, ...account() };
      // The slice as a whole first: there the kernel also ends what has neither the uid nor the rights of the user.
      if (!(await ends.slice(own.uid, clock))) throw new Error(`processes in the slice of runnerUser ${runnerUser} survive SIGKILL`);
      await ends.all(own, clock, killAllBy(asUser));
    },
    async disarm() {
      const own = account();
      if (existsSync(join(files.linger, runnerUser))) await endLingering(runnerUser, files.linger);
      for (const folder of files.schedulers.crontabs) removeFile(join(folder, runnerUser));
      for (const folder of files.schedulers.jobs) for (const path of filesOf(own.uid, folder)) removeFile(path);
      // What cannot be brought back stays.
      requireCopy(kept.runner);
      await unmount([own.home], files.proc);
      await inHome(own, ["/bin/sh", "-c", REMOVAL, "sh", ...HOME_PATHS]);
    },
    deleteWork() {
      // A mount point, or a folder that only an installation makes: what is in it goes.
      return work === undefined ? remove(join(files.runner, "_work")) : empty(work);
    },
    async check() {
      const lingers = join(files.linger, runnerUser);
      if (existsSync(lingers)) throw new Error(`runnerUser ${runnerUser} lingers again: ${lingers}`);
      const left = ends.left({ user: runnerUser, ...account() });
      if (left.length > 0) throw new Error(survivors(runnerUser, left));
    },
    async restore() {
      requireCopy(kept.runner);
      const own = account();
      const volumes = config.storage?.volumes.map(({ mountPoint }) => mountPoint) ?? [];
      // Without its process a job's mount answers nothing but errors, to the next service's jobs, too.
      await unmount([files.runner, own.home, files.perfLog, ...volumes, ...(work === undefined ? [] : [work])], files.proc);
      const again = HOME_PATHS.map((path) => join(own.home, path)).find(isThere);
      // Whoever wrote it ran between the two kills, and may log in with it while the runner's folder is restored.
      if (again !== undefined) throw new Error(`${again}: is there again, although it was removed before the last process ended`);
      await empty(files.perfLog);
      await restoreRunner(files);
      const input = openSync(kept.home, "r");
      try {
        await inHome(own, ["tar", "--extract", "--file=-"], input);
      } finally {
        closeSync(input);
      }
    },
  };
}

function requireCopy(path: string): void {
  if (!existsSync(path))
    throw new Error("this instance was installed without a copy of its runner, before the pool had warmPool.reuseOnScaleIn");
}

async function unmount(folders: readonly string[], proc: string): Promise<void> {
  for (const mount of usersMountsBelow(folders, proc)) await command(["umount", "--lazy", mount]);
}

/** Only a job can have enabled it (can-return.ts). Without systemd-logind nothing acts on its file. */
async function endLingering(user: string, folder: string): Promise<void> {
  await command(["loginctl", "disable-linger", user]).catch(() => undefined);
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
  await command(["tar", "--extract", `--file=${archives(folder).runner}`, `--directory=${next}`]);
  await move(next, runner);
  if (isThere(work)) await move(work, join(runner, "_work"));
}

function remove(path: string): Promise<void> {
  return command(["rm", "-rf", "--one-file-system", "--", path]);
}

function move(from: string, to: string): Promise<void> {
  return command(["mv", "--no-target-directory", "--", from, to]);
}

/** Absent: in /run a boot has emptied it. */
async function empty(folder: string): Promise<void> {
  if (existsSync(folder)) await command(["/bin/sh", "-c", EMPTY], { cwd: folder });
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
