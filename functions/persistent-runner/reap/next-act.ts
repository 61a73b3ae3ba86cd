/** What is wrong between lease and power, if anything. Pure. */
import type { Lease } from "../../../contract/persistent-runner/lease";
import { PERSISTENT_TIMING } from "../../../contract/persistent-runner/timing";
import type { InstancePower } from "../../shared/aws/instance-power";
import { dropReason } from "../shared/drop";
import { isExpired, isSettled } from "../shared/lease";
import { forceStopAfter, isOff } from "../shared/power-off";
import type { MachineSettings } from "../shared/settings";

export type Act =
  | { act: "note stopped" }
  /** The holder's time is over. */
  | { act: "drop"; reason: string }
  /** The machine runs, although the lease says that it is off. */
  | { act: "claim"; reason: string }
  | { act: "power off" }
  /** It is off, and no one has it: nothing of its last start is needed. */
  | { act: "clean up" }
  | { act: "nothing" };

export function nextAct(lease: Lease, power: InstancePower, now: number, settings: MachineSettings): Act {
  // Either is the newer one: a function of the last deployment may still run. The control function, which a deployment calls, decides it.
  if (lease.instanceId !== undefined && lease.instanceId !== settings.instanceId) return { act: "nothing" };
  const dropped = dropReason(lease, now);
  if (dropped !== undefined) return { act: "drop", reason: dropped };
  const off = isOff(power);
  switch (lease.phase) {
    case "starting":
      return { act: "nothing" };
    case "ready":
      if (off && isSettled(lease, now)) return { act: "note stopped" };
      return isExpired(lease, now) ? { act: "drop", reason: "its session is over" } : { act: "nothing" };
    case "stopping":
      if (!off) return { act: "power off" };
      return isSettled(lease, now) ? { act: "note stopped" } : { act: "nothing" };
    case "stopped":
      return whileOff(lease, power, off, now, settings);
  }
}

function whileOff(lease: Lease, power: InstancePower, off: boolean, now: number, settings: MachineSettings): Act {
  if (lease.holder !== undefined) return { act: "nothing" };
  if (off) return { act: "clean up" };
  const seconds = (now - power.launchedAt) / 1000;
  if (seconds < unheldLimit(lease, settings)) return { act: "nothing" };
  return { act: "claim", reason: `it has run for ${Math.floor(seconds)} s without a holder` };
}

/** The machine switches itself off earlier: when it idles, or when its first boot takes too long. */
function unheldLimit({ prepared }: Lease, { timeouts }: MachineSettings): number {
  const own = prepared === undefined ? Math.max(timeouts.firstBootTimeout, timeouts.idleStopTimeout) : timeouts.idleStopTimeout;
  return own + PERSISTENT_TIMING.overrunMargin;
}

/** Whether the machine runs for longer than any session may, its first boot included. */
export function isOverdue(power: InstancePower, now: number, { timeouts }: MachineSettings): boolean {
  const limit = Math.max(timeouts.maxSession, timeouts.firstBootTimeout) + 2 * PERSISTENT_TIMING.overrunMargin;
  return !isOff(power) && now - power.launchedAt > limit * 1000;
}

export function hasStopFailed({ phase, changedAt }: Lease, power: InstancePower, now: number, settings: MachineSettings): boolean {
  const limit = Math.max(PERSISTENT_TIMING.stopFailedAfter, forceStopAfter(settings));
  return phase === "stopping" && !isOff(power) && now - changedAt > limit * 1000;
}
