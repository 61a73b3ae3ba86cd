/**
 * Ends every process of the job's user, wherever it runs: in the runner's unit, in the user's slice, or below a service that runs
 * a user's commands, such as cron. Only for a renewal, which must know that nothing is left: unlike the start of a runner
 * (user-slice.ts) it asks for no mark, and an error is no success.
 *
 * A process that forks all the time hides from any reading of /proc. The kernel's own "all processes" (kill(2) with -1) reaches
 * it: no fork escapes that call, whose bounds are the rights of the user who makes it. These reach into the user namespaces that
 * the user has made, too, and into root's containers, to whose processes of the same uid it makes no difference: so nothing else on
 * the machine may run as that user (docs/security.md).
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { HostClock } from "../../shared/ports/clock";
import { command } from "./command";
import type { AsUser } from "../../shared/own-unit";
import type { Account } from "../../shared/account";

/** As in leftovers.ts; each try starts a process. */
const BOUND_MS = 10_000;
const PAUSE_MS = 20;
/** For the process that makes the call; a job's process may suspend it, which has the user's uid as well. */
const CALL_MS = 2_000;
/** systemd ends it first; the start of a unit takes seconds on a machine that a job overloads. */
const MARGIN_MS = 3_000;
/** In an error's text. */
const NAMED = 5;

/**
 * Where the engines of root put their containers (cgroups(7)). Not a namespace tells them: sandboxes that are root's by their mode
 * give any user a process namespace. No job moves a process into such a cgroup without root, and its own are below user.slice.
 */
const ROOTS_CONTAINER =
  /^\d+:[^:]*:\/(system\.slice\/(docker|libpod|cri-containerd|crio|nerdctl)-|machine\.slice\/|docker\/|kubepods|lxc)/m;

export interface ProcessFiles {
  proc: string;
  /** subuid(5): further uids that the user may take on in a user namespace, as rootless containers do. */
  subordinates: string;
}

export interface UserProcess {
  pid: number;
  comm: string;
}

const ON_THIS_HOST: ProcessFiles = { proc: "/proc", subordinates: "/etc/subuid" };

type User = Pick<Account, "uid"> & { user: string };

/** Rejects if a process of the user is left after 10 s, or if that is unknown. */
export async function endProcessesOf(
  account: User,
  clock: HostClock,
  killAll: () => Promise<unknown>,
  files: ProcessFiles = ON_THIS_HOST,
): Promise<void> {
  // As root the call would end the machine.
  if (!(account.uid > 0)) throw new Error(`runnerUser ${account.user}: uid ${account.uid} is not that of an unprivileged user`);
  const end = clock.now() + BOUND_MS;
  for (;;) {
    // A job that leaves its user no process makes the call fail, until its processes are killed one by one.
    const failure = await killAll().then(
      () => undefined,
      (error: unknown) => error,
    );
    const left = processesOf(account, files);
    if (left.length === 0 && failure === undefined) return;
    if (clock.now() >= end) throw new Error(`${survivors(account.user, left)}${failure === undefined ? "" : `: ${String(failure)}`}`);
    for (const { pid } of left) kill(pid);
    await clock.sleep(PAUSE_MS);
  }
}

export function survivors(user: string, left: readonly UserProcess[]): string {
  const names = left.slice(0, NAMED).map(({ pid, comm }) => `${comm} (${pid})`);
  return `${left.length} processes of runnerUser ${user} are left, for whom nothing but the runner may run: ${names.join(", ")}`;
}

/** Throws if anything about a process but its end keeps it from being read. */
export function processesOf({ user, uid }: User, { proc, subordinates }: ProcessFiles = ON_THIS_HOST): UserProcess[] {
  const ranges = [[uid, 1] as const, ...subordinateRanges(user, uid, subordinates)];
  const own = (id: number) => ranges.some(([first, count]) => id >= first && id < first + count);
  return readdirSync(proc)
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const status = readFileSync(join(proc, name, "status"), "utf8");
        if (!idsOf(status).some(own) || isGone(status)) return [];
        // What its engine starts again must not fail each renewal, although the call for all processes ends it, too.
        if (isInPidNamespace(status) && ROOTS_CONTAINER.test(readFileSync(join(proc, name, "cgroup"), "utf8"))) return [];
        return [{ pid: Number(name), comm: field(status, "Name") }];
      } catch (error) {
        if (["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code!)) return [];
        throw error;
      }
    });
}

/** proc(5): real, effective, saved and file system uid. A program that is root's by its mode still has the real one. */
function idsOf(status: string): number[] {
  return field(status, "Uid").split(/\s+/).map(Number);
}

/** The first thread of a process may end before the others, and is then shown like a process that has ended. */
function isGone(status: string): boolean {
  return /^[ZX]/.test(field(status, "State")) && Number(field(status, "Threads")) <= 1;
}

function isInPidNamespace(status: string): boolean {
  return /\d\s+\d/.test(field(status, "NSpid"));
}

function field(status: string, name: string): string {
  return new RegExp(`^${name}:[ \\t]*(.*)$`, "m").exec(status)?.[1] ?? "";
}

/** First uid and count. Lines of `USER:FIRST:COUNT`, where the user may also be a uid. */
export function subordinateRanges(user: string, uid: number, path = ON_THIS_HOST.subordinates): (readonly [number, number])[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, "utf8")
    .split("\n")
    .map((line) => line.split(":"))
    .filter(([who]) => who === user || who === String(uid))
    .map(([, first, count]) => [Number(first), Number(count)] as const);
}

/**
 * The shell's own command. It does not reach the shell itself, which then ends. Not a call of the agent's own under another uid:
 * with the uid of root left among its ids it would end root's processes.
 */
export function killAllBy(asUser: AsUser): () => Promise<void> {
  const words = asUser("/", CALL_MS / 1000, ["/bin/sh", "-c", "kill -KILL -1"]);
  return () => command(words, {}, CALL_MS + MARGIN_MS);
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
