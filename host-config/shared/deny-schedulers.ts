/**
 * cron and at run a user's commands in other units, outside the runner's unit and its IPAddressDeny=. From there a job
 * could read the instance's credentials, or leave something behind for the next boot.
 */
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Denies both to the job's user. An existing `cron.allow` or `at.allow` of the image takes precedence.
 *
 * @param folder overridden by tests
 */
export function denySchedulers(user: string, folder = "/etc"): void {
  deny(user, join(folder, "cron.deny"));
  // Without any file only root may use at; creating an at.deny would open it to every other user.
  if (existsSync(join(folder, "at.deny"))) deny(user, join(folder, "at.deny"));
}

/** Appends, which preserves owner and mode: at reads its file as a dedicated user. */
function deny(user: string, path: string): void {
  const text = existsSync(path) ? readFileSync(path, "utf8") : "";
  if (text.split("\n").includes(user)) return;
  appendFileSync(path, `${text === "" || text.endsWith("\n") ? "" : "\n"}${user}\n`, { mode: 0o644 });
}
