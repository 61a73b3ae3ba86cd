/**
 * cron and at run a user's commands in units of their own, outside of the runner's and of what that denies: a job could
 * reach the instance's credentials from there, or leave something behind for the next boot.
 */
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Closes both to the job's user. An image that has `cron.allow` or `at.allow` has decided for itself.
 *
 * @param folder for tests.
 */
export function denySchedulers(user: string, folder = "/etc"): void {
  deny(user, join(folder, "cron.deny"));
  // Without any file only root may use at, and an at.deny would open it to everybody else.
  if (existsSync(join(folder, "at.deny"))) deny(user, join(folder, "at.deny"));
}

/** Appended, so that owner and mode stay: at reads its file as a user of its own. */
function deny(user: string, path: string): void {
  const text = existsSync(path) ? readFileSync(path, "utf8") : "";
  if (text.split("\n").includes(user)) return;
  appendFileSync(path, `${text === "" || text.endsWith("\n") ? "" : "\n"}${user}\n`, { mode: 0o644 });
}
