/**
 * The system's own updates. Their timers are due in nearly every session of a machine that is off at most times: they would hold the package
 * manager's lock and restart services under a job, and after the job the power is cut FORCE_OFF_AFTER seconds into the power-off, in the middle of
 * dpkg's work on a disk that is never replaced. So the timers are masked. Whoever wants updates puts them into the setup script, which runs at
 * each preparation, or unmasks the timers there.
 */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Log } from "../../shared/ports/log";

/** Of Debian and Ubuntu, and of Amazon Linux. A name that the system does not have is masked for a package that brings it. */
const TIMERS = ["apt-daily.timer", "apt-daily-upgrade.timer", "dnf-automatic.timer", "dnf-automatic-install.timer"];
const TIMEOUT_MS = 30_000;

type Run = (file: string, args: string[], options: { timeout: number }) => Promise<unknown>;

/** Never rejects: an image may have a timer of its own in that place, which systemctl does not mask, and the machine works all the same. */
export async function maskOwnUpdates(log: Pick<Log, "warn">, run: Run = promisify(execFile)): Promise<void> {
  for (const timer of TIMERS) {
    try {
      await run("systemctl", ["mask", "--now", timer], { timeout: TIMEOUT_MS });
    } catch (error) {
      log.warn("a timer of the system's own updates could not be masked", { timer, error: String(error) });
    }
  }
}
