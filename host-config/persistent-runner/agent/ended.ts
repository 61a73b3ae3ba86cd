/**
 * After the runner's end: ends what its job has left, keeps the run's logs, and switches the machine off, which is the end of a run's use of it.
 *
 * Unit: actions-runner.service, as ExecStopPost=, so after a job, a crash, and a stop alike. With registration `service` the runner is
 * to start again, and only the logs are kept.
 *
 * Failure: nothing of it keeps the machine from going off. Killed: the idle stop switches it off.
 *
 * Bounds: systemd kills it TimeoutStopSec= after its begin, and the machine would stay on. So all steps before the power-off share
 * ENDED_MS, within which the processes may take 20 s (systemctl.ts).
 */
import { PERSISTENT_LOG, type PersistentHostConfig } from "../../../contract/persistent-runner/host";
import type { Log } from "../../shared/ports/log";
import { foreignJob } from "./foreign-job";

/** Less than the unit's TimeoutStopSec=, with systemd's 20 s for the power-off itself. */
export const ENDED_MS = 20_000;

export interface EndedHost {
  config: Pick<PersistentHostConfig, "registration">;
  log: Log;
  /** How systemd says that the runner ended, such as `exited 0`. */
  how: string;
  debug(): boolean;
  /** What the hooks have noted last; see hooks.ts. */
  noted(): string | undefined;
  /** Counts the refused job, in CloudWatch and for the lease. Bounded. */
  report(): Promise<void>;
  /** Also what a job has left to be started at a boot. */
  endProcesses(): Promise<void>;
  /** Bounded. */
  keepLogs(): Promise<void>;
  /** Bounded: what the job has written is on its volume, even if the power is cut. */
  sync(): Promise<void>;
  powerOff(): Promise<void>;
}

export async function ended({ config, log, how, ...host }: EndedHost): Promise<void> {
  log.info(PERSISTENT_LOG.jobEnded, { how });
  const job = foreignJob(host.noted());
  if (job !== undefined) {
    log.error(PERSISTENT_LOG.foreignJob, { job });
    await host.report().catch((error: unknown) => {
      log.warn("the refused job could not be reported", { error: String(error) });
    });
  }
  await host.endProcesses().catch((error: unknown) => log.warn("what the job left could not be ended", { error: String(error) }));
  await host.keepLogs().catch((error: unknown) => log.warn("the run's logs could not be kept", { error: String(error) }));
  if (config.registration === "service") return;
  await host.sync().catch((error: unknown) => log.warn("the disks could not be synchronized", { error: String(error) }));
  if (host.debug()) log.info("the machine stays on for an operator");
  else await host.powerOff();
}
