import { copyConsole } from "../shared/console-copy";
import type { HostLogPorts } from "../shared/host-logs";
import type { Clock } from "../../shared/lambda/clock";
import { type Log, type Observer, reasonOf } from "../../shared/lambda/observer";
import { within } from "../../shared/lambda/timeout";
import { isAwsError } from "../../shared/aws/error";
import { attempt } from "./attempt";

export interface EndedLaunch {
  instanceId: string;
  endedAt: Date;
}

export interface LaunchConsolePorts {
  /** Launches whose instance never came into service, among the group's latest 100 activities. */
  endedLaunches(group: string): Promise<EndedLaunch[]>;
  /** Undefined without `hostLogs`. */
  hostLogs: HostLogPorts | undefined;
  /** Instances with nothing left to copy. Kept between sweeps of one process. */
  copiedConsoles: Set<string>;
  clock: Clock;
}

/** For which EC2 keeps a console, with a margin for the sweep's interval. */
const KEPT_MS = 55 * 60_000;
/** After which a console without a reason gets none any more. */
const COMPLETE_MS = 10 * 60_000;
const BOUND_MS = 10_000;
/** Of a sweep: two or more calls each. */
const MOST_COPIES = 10;

/** Copies what the deregister function did not: EC2 often posts a console only minutes after the end of its instance. */
export async function copyLaunchConsoles(ports: LaunchConsolePorts, group: string, observer: Observer, signal: AbortSignal): Promise<void> {
  const { hostLogs, clock, copiedConsoles } = ports;
  if (hostLogs === undefined) return;
  const now = clock.now();
  const recent = (await ports.endedLaunches(group)).filter(({ endedAt }) => now - endedAt.getTime() < KEPT_MS);
  for (const known of copiedConsoles) if (!recent.some(({ instanceId }) => instanceId === known)) copiedConsoles.delete(known);
  const due = recent.filter(({ instanceId }) => !copiedConsoles.has(instanceId));
  for (const { instanceId, endedAt } of due.slice(0, MOST_COPIES)) {
    signal.throwIfAborted();
    await attempt("copying a console", { instanceId }, observer, async () => {
      const complete = now - endedAt.getTime() > COMPLETE_MS;
      const copy = await within(clock, "copying the console", BOUND_MS, () =>
        copyConsole(instanceId, { ports: hostLogs, clock, log: observer.log, complete }),
      ).catch((error: unknown) => denied(error, instanceId, observer.log));
      if (copy !== "no console yet") copiedConsoles.add(instanceId);
    });
  }
}

/** By a policy of the organization, for example. No error of the sweep, and asked again it would be the same answer. */
function denied(error: unknown, instanceId: string, log: Log): "denied" {
  if (!isAwsError(error, "UnauthorizedOperation")) throw error;
  log.warn("the console of a failed launch may not be read, so it is not copied", { instanceId, reason: reasonOf(error) });
  return "denied";
}
