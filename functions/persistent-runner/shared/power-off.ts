/** Switches the machine off while the lease says that it is to be off: after a release, or before its holder starts it again. */
import type { Lease } from "../../../contract/persistent-runner/lease";
import { PERSISTENT_TIMING } from "../../../contract/persistent-runner/timing";
import { isRefusal } from "../../shared/aws/error";
import type { InstancePower } from "../../shared/aws/instance-power";
import { type Log, reasonOf } from "../../shared/lambda/observer";
import { stopWasRefused, tellToStop } from "./lease-writes";
import type { StopPorts } from "./ports";
import type { MachineSettings } from "./settings";

export type PowerOff =
  /** Off, or terminated. */
  | { outcome: "off" }
  /** It was told to stop, now or by an earlier request. */
  | { outcome: "under way" }
  /** EC2 could not be told. */
  | { outcome: "refused"; reason: string };

/**
 * Seconds. With registration `service`, the operating system's shutdown waits for a job that has begun as the machine was told to stop, which
 * may take a whole session; a runner of one job is taken out of GitHub before, so that none can begin.
 */
export function forceStopAfter({ registration, timeouts }: MachineSettings): number {
  return registration === "jit" ? PERSISTENT_TIMING.forceStopAfter : timeouts.maxSession + PERSISTENT_TIMING.overrunMargin;
}

type Act = "off" | "wait" | "stop" | "force";

/** Off, in its own right or at its end in EC2. */
export function isOff({ state }: InstancePower): boolean {
  return state === "stopped" || state === "shutting-down" || state === "terminated";
}

/** What is due. EC2 refuses to stop an instance that is `pending`. */
function stopDue({ changedAt, stoppedAt }: Lease, power: InstancePower, now: number, forceAfter: number): Act {
  if (isOff(power)) return "off";
  const since = (time: number) => (now - time) / 1000;
  const force = since(changedAt) >= forceAfter;
  if (power.state === "pending") return "wait";
  if (power.state === "stopping") {
    return force && (stoppedAt === undefined || since(stoppedAt) >= forceAfter) ? "force" : "wait";
  }
  if (stoppedAt !== undefined && since(stoppedAt) < PERSISTENT_TIMING.stopLostAfter) return "wait";
  return force ? "force" : "stop";
}

/**
 * Every call follows a write that no one else can make at the same time, and that is refused once the machine is another's: EC2 itself
 * would stop the machine of any holder.
 *
 * @param lease in the phase `stopping`, or `starting` before its attempt began
 */
export async function powerOff(lease: Lease, power: InstancePower, ports: StopPorts, log: Log, signal: AbortSignal): Promise<PowerOff> {
  const now = ports.clock.now();
  const act = stopDue(lease, power, now, ports.forceStopAfter);
  if (act === "off") return { outcome: "off" };
  if (act === "wait" || !(await ports.lease.write(tellToStop(lease, now), signal))) return { outcome: "under way" };
  try {
    await ports.power.stop(act === "force", signal);
    if (act === "force") log.warn("the machine was told to stop by force, without its operating system", { generation: lease.generation });
    else log.info("the machine was told to stop", { generation: lease.generation });
    return { outcome: "under way" };
  } catch (error) {
    const reason = reasonOf(error);
    log.warn("the machine could not be told to stop; the next request or pass repeats it", { generation: lease.generation, reason });
    // A call whose end is unknown may still have its effect: until it is too old for that, no start may follow.
    if (isRefusal(error)) await ports.lease.write(stopWasRefused(lease, now), signal);
    return { outcome: "refused", reason };
  }
}
