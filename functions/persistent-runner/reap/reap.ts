/**
 * Reap function: makes lease and power of one machine agree again, whatever was lost.
 *
 * ## Trigger
 *
 * A schedule (PERSISTENT_TIMING.reapInterval), and each EC2 state change of the machine, by EventBridge. Both run the same pass. An
 * event only means that one may be due now: lease and power are read anew, so that a late or duplicate event changes nothing.
 *
 * ## A pass
 *
 * Until nothing is left to do, with a bound: one step by next-act.ts, which is one conditional write, or one call that follows one.
 * - The machine has switched itself off, or a stop has taken effect: the lease says so, and the next run can acquire it.
 * - A holder whose time is over loses the machine: a run that asks no more for its start, or whose session's limit is reached. The
 *   latter stops a job that is still at work; it is logged, counted and alarmed. The machine's own limit comes earlier.
 * - A stop that was lost is repeated, in the end by force. A machine that runs without a holder is claimed first, then stopped.
 * - The order and the runner that no machine has used are deleted.
 *
 * A start that was lost is left to its holder, which still asks for it: for a holder that does not, it would start a machine in vain.
 *
 * ## Failures and bounds
 *
 * A step that fails is logged and counted as `ReapErrors`; the next pass repeats it. A pass ends after PERSISTENT_TIMING.controlBound,
 * as a request of the control function does, and for the same reason.
 *
 * ## Gotchas
 *
 * - Read the lease before the power: then a machine that is off has been off since the lease's phase, and not before it.
 * - The IAM policy must grant exactly the AWS commands that index.ts imports, directly or not; a test compares them.
 */
import type { Lease } from "../../../contract/persistent-runner/lease";
import { PERSISTENT_METRIC } from "../../../contract/persistent-runner/metrics";
import { PERSISTENT_TIMING } from "../../../contract/persistent-runner/timing";
import type { InstancePower } from "../../shared/aws/instance-power";
import { type Observer, reasonOf } from "../../shared/lambda/observer";
import { within } from "../../shared/lambda/timeout";
import { drop } from "../shared/drop";
import { claimForStop, noteStopped } from "../shared/lease-writes";
import { powerOff } from "../shared/power-off";
import type { RunnerPorts, StopPorts } from "../shared/ports";
import type { MachineSettings } from "../shared/settings";
import { cleanUp, type CleanUpPorts } from "./clean-up";
import { type Act, hasStopFailed, isOverdue, nextAct } from "./next-act";

export type ReapPorts = StopPorts & CleanUpPorts & { runners: RunnerPorts };

/** More mean that others act on the machine at the same time; the next pass continues. */
const MOST_ACTS = 6;

export async function reap(ports: ReapPorts, settings: MachineSettings, observer: Observer): Promise<void> {
  try {
    await within(ports.clock, "a pass", PERSISTENT_TIMING.controlBound * 1000, (signal) => pass(ports, settings, observer, signal));
  } catch (error) {
    observer.log.error("a pass failed; the next one repeats it", { reason: reasonOf(error) });
    observer.count(PERSISTENT_METRIC.reapErrors);
  }
}

async function pass(ports: ReapPorts, settings: MachineSettings, observer: Observer, signal: AbortSignal): Promise<void> {
  for (let count = 0; count < MOST_ACTS; count += 1) {
    const lease = await ports.lease.read(signal);
    const power = await ports.power.state(signal);
    const now = ports.clock.now();
    if (count === 0) report(lease, power, now, settings, observer);
    const act = nextAct(lease, power, now, settings);
    if (!(await perform(act, lease, power, ports, observer, signal))) return;
  }
}

/** Whether there may be more to do. */
async function perform(
  act: Act,
  lease: Lease,
  power: InstancePower,
  ports: ReapPorts,
  observer: Observer,
  signal: AbortSignal,
): Promise<boolean> {
  const now = ports.clock.now();
  switch (act.act) {
    case "nothing":
      return false;
    case "clean up":
      await cleanUp(lease, ports, observer, signal);
      return false;
    case "note stopped":
      if (await ports.lease.write(noteStopped(lease, now), signal))
        observer.log.info("the machine is off", { generation: lease.generation });
      return true;
    case "claim":
      if (await ports.lease.write(claimForStop(lease, now), signal)) {
        observer.log.warn("a machine without holder is stopped", { reason: act.reason });
      }
      return true;
    case "drop":
      await drop(lease, act.reason, ports, now, observer, signal);
      return true;
    case "power off":
      await powerOff(lease, power, ports, observer.log, signal);
      return false;
  }
}

/** Also zeros: an alarm ends by them. */
function report(lease: Lease, power: InstancePower, now: number, settings: MachineSettings, { log, count }: Observer): void {
  const overdue = isOverdue(power, now, settings);
  const stopFailed = hasStopFailed(lease, power, now, settings);
  count(PERSISTENT_METRIC.overdueSession, overdue ? 1 : 0);
  count(PERSISTENT_METRIC.stopFailed, stopFailed ? 1 : 0);
  const fields = { phase: lease.phase, power: power.state, generation: lease.generation, holder: lease.holder };
  log.info("lease and power of the machine", fields);
  if (power.state === "terminated") log.error("the machine was terminated: run pulumi up, which makes another one", fields);
  if (overdue) log.error("the machine runs for longer than its session's limit", fields);
  if (stopFailed) log.error("the machine was to stop, but still runs", fields);
}
