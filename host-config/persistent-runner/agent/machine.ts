/** What the programs of a persistent machine ask of it: the power, its user's processes, and whether a job is at work. */
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { PERSISTENT_UNITS } from "../../../contract/persistent-runner/host";
import type { Account } from "../../shared/account";
import { systemctl } from "../../shared/systemctl";

/** systemd-logind's list of lingering users, by name. */
const LINGER = "/var/lib/systemd/linger";
/** cron's tables, by users, as Debian and as Red Hat have them. */
const CRONTABS = ["/var/spool/cron/crontabs", "/var/spool/cron"];
/** The name by which the kernel knows the worker, of which the runner starts one for each job. */
const WORKER = "Runner.Worker";

export async function powerOff(): Promise<void> {
  await systemctl("start", "--no-block", PERSISTENT_UNITS.powerOff);
}

/**
 * A job may have its user linger, whose service manager then runs that user's units at each boot, before and beside the next job. They are
 * ended, and the next boot starts none, nor what a table of cron's says, of a configuration that did not deny it.
 *
 * @param folders,run overridden by tests
 */
export async function endFormerProcesses(user: string, { uid }: Account, folders = [LINGER, ...CRONTABS], run = systemctl): Promise<void> {
  const forbid = () => folders.forEach((folder) => rmSync(join(folder, user), { force: true }));
  forbid();
  // Fails if there is none, as usual.
  await run("stop", `user@${uid}.service`, `user-${uid}.slice`).catch(() => undefined);
  // One of those processes may have asked for it again.
  forbid();
}

export function isWorking(proc = "/proc"): boolean {
  return readdirSync(proc).some((name) => /^\d+$/.test(name) && commandOf(join(proc, name, "comm")) === WORKER);
}

function commandOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    // It has just ended.
    return undefined;
  }
}

/** Seconds since the kernel's start. */
export function uptime(proc = "/proc"): number {
  return Number(readFileSync(join(proc, "uptime"), "utf8").split(" ")[0]);
}

export function bootId(proc = "/proc"): string {
  return readFileSync(join(proc, "sys/kernel/random/boot_id"), "utf8").trim();
}
