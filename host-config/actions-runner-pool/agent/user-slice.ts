/**
 * Ends what earlier jobs left outside of the runner's unit: in their user's own service manager, or in a session of that
 * user. Both are in the user's slice, which a job cannot leave; nothing there has business on the host while no job runs.
 *
 * Not before the first start of the runner since boot: no job can have run, and the image may start something for jobs there,
 * such as rootless Docker. A service manager that is to run without a session (lingering) is started again, unless the warm pool
 * takes instances back: then the image has none (can-return.ts), so it is a job's.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PATHS, type HostConfig } from "../../../contract/actions-runner-pool/host";
import type { HostClock } from "../../shared/ports/clock";
import { systemctl } from "../../shared/systemctl";
import { USERS_CGROUP } from "../units/runner-unit";
import type { Account } from "../../shared/account";

/** As in leftovers.ts. */
const BOUND_MS = 10_000;
const PAUSE_MS = 5;

export interface SliceFiles {
  /** Where cgroup v2 may be mounted. */
  cgroups: readonly string[];
  /** In /run: a process of this boot has seen the runner start before. */
  mark: string;
  /** systemd-logind's list of lingering users, by name. */
  linger: string;
}

type Run = (...args: string[]) => Promise<unknown>;

const ON_THIS_HOST: SliceFiles = {
  cgroups: ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"],
  mark: join(PATHS.runtime, "reaped"),
  linger: "/var/lib/systemd/linger",
};

/** Resolves with whether nothing is left. */
export async function endUserSlice(
  user: string,
  { uid }: Pick<Account, "uid">,
  clock: HostClock,
  { reuse }: Pick<HostConfig, "reuse">,
  files: SliceFiles = ON_THIS_HOST,
  run: Run = systemctl,
): Promise<boolean> {
  if (!existsSync(files.mark)) {
    writeFileSync(files.mark, "");
    return true;
  }
  if (!(await killUserSlice(uid, clock, files.cgroups, run))) return false;
  if (!reuse && existsSync(join(files.linger, user))) await run("start", "--no-block", `user@${uid}.service`);
  return true;
}

/** Whatever the mark says, and without a new service manager. Resolves with whether nothing is left. */
export async function killUserSlice(
  uid: number,
  clock: HostClock,
  cgroups: readonly string[] = ON_THIS_HOST.cgroups,
  run: Run = systemctl,
): Promise<boolean> {
  const slice = `user-${uid}.slice`;
  const folder = cgroups.map((root) => join(root, USERS_CGROUP, slice)).find((path) => existsSync(join(path, "cgroup.events")));
  if (folder === undefined) return true;
  const kill = join(folder, "cgroup.kill");
  const end = clock.now() + BOUND_MS;
  // The kernel kills the whole tree at once, forks included (5.14 and newer). systemd reads and signals until it finds nothing.
  while (isPopulated(folder)) {
    if (clock.now() >= end) return false;
    if (existsSync(kill)) writeFileSync(kill, "1");
    else await run("kill", "--signal=SIGKILL", slice);
    await clock.sleep(PAUSE_MS);
  }
  return true;
}

/** Whether the slice or anything below it has a process. A slice that does not exist has none. */
function isPopulated(folder: string): boolean {
  try {
    return /^populated 1$/m.test(readFileSync(join(folder, "cgroup.events"), "utf8"));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENODEV") return false;
    throw error;
  }
}
