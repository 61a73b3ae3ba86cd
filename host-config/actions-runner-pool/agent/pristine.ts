/**
 * The copy of the runner that a return to the warm pool restores (renewal.ts), made at the installation, before any job. Its
 * folder is root's alone, so no job can change it. Archives, because they keep owners and modes while all of it is one file of root's.
 */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { PATHS } from "../../../contract/actions-runner-pool/host";
import type { Account } from "../../shared/account";

const run = promisify(execFile);

/** systemd-logind's list of lingering users, by name. */
const LINGER = "/var/lib/systemd/linger";

/**
 * Below the user's home, what acts without a job of the next service. Everything else is kept: a job that reads it acts itself.
 */
export const HOME_PATHS = [
  // Who may log in as that user, and what a login runs. With it go the keys and known hosts of jobs.
  ".ssh",
  ".rhosts",
  ".shosts",
  ".k5login",
  // What a mail to the user starts.
  ".forward",
  // What the user's own service manager starts, or gives to what it starts; and a desktop's session.
  ".config/autostart",
  ".config/containers/systemd",
  ".config/systemd",
  ".config/environment.d",
  ".config/user-tmpfiles.d",
  ".local/share/systemd",
  ".local/share/user-tmpfiles.d",
] as const;

export interface PristineFiles {
  /** Root's, mode 0700. */
  folder: string;
  runner: string;
  linger: string;
}

export const ON_THIS_HOST: PristineFiles = { folder: PATHS.pristine, runner: PATHS.runner, linger: LINGER };

export const archives = (folder: string) => ({
  /** The runner's folder without its work folder, which is a job's. */
  runner: join(folder, "runner.tar"),
  /** What exists of HOME_PATHS. */
  home: join(folder, "home.tar"),
});

/** Rejects if there is no space for it: a pool whose instances cannot return as configured must not start. */
export async function savePristine({ home }: Pick<Account, "home">, files: PristineFiles = ON_THIS_HOST): Promise<void> {
  const { folder, runner } = files;
  const kept = archives(folder);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  await archive(kept.runner, runner, ["--exclude=./_work", "."]);
  // An empty list of files, because tar refuses to write an archive of nothing otherwise.
  await archive(kept.home, home, ["--files-from=/dev/null", ...HOME_PATHS.filter((path) => existsSync(join(home, path)))]);
}

async function archive(file: string, from: string, what: string[]): Promise<void> {
  const draft = `${file}.new`;
  await run("tar", ["--create", `--file=${draft}`, `--directory=${from}`, ...what]);
  renameSync(draft, file);
}
