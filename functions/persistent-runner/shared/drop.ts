/** Takes the machine from a holder that no longer needs it or whose time is over: the reaper does, and a run that waits for the machine. */
import { type Lease, PROVISIONER } from "../../../contract/persistent-runner/lease";
import { PERSISTENT_METRIC } from "../../../contract/persistent-runner/metrics";
import { PERSISTENT_TIMING } from "../../../contract/persistent-runner/timing";
import type { Observer } from "../../shared/lambda/observer";
import { isExpired } from "./lease";
import { forget, release } from "./lease-writes";
import type { LeasePorts, RunnerPorts } from "./ports";

/** Why the holder of a machine that is starting or off loses it; undefined: it keeps it. Pure. */
export function dropReason(lease: Lease, now: number): string | undefined {
  if (lease.holder === undefined) return undefined;
  // Only its holder knows whether the start is not visible yet, or failed.
  if (lease.phase === "starting") return isExpired(lease, now) ? "its run waits no more" : undefined;
  if (lease.phase !== "stopped") return undefined;
  // A preparation ends as the machine switches itself off, also if no one waits for it.
  if (lease.holder === PROVISIONER) return "the machine has ended its preparation";
  if (isExpired(lease, now)) return "its time is over";
  const seconds = (now - lease.changedAt) / 1000;
  return seconds < PERSISTENT_TIMING.heldWhileOff ? undefined : `the machine has been off for ${Math.floor(seconds)} s`;
}

/** By a write whose condition is that the holder has not renewed its time. */
export async function drop(
  lease: Lease,
  reason: string,
  { lease: table, runners }: { lease: LeasePorts; runners: RunnerPorts },
  now: number,
  { log, count }: Observer,
  signal: AbortSignal,
): Promise<void> {
  // Only for the report: GitHub's outage must not keep the machine running.
  const busy = lease.phase === "ready" && (await runners.state(lease, signal).catch(() => "unknown" as const)) === "busy";
  if (!(await table.write(lease.phase === "stopped" ? forget(lease) : release(lease, now), signal))) return;
  const fields = { holder: lease.holder, generation: lease.generation, phase: lease.phase, reason };
  if (lease.holder === PROVISIONER && lease.phase === "stopped") return log.info("the machine is free after its preparation", fields);
  log.warn("a holder lost the machine", fields);
  count(PERSISTENT_METRIC.expiredLeases);
  if (!busy) return;
  log.error("the machine is stopped while a job is at work: the session's limit is reached", { holder: lease.holder });
  count(PERSISTENT_METRIC.forcedStops);
}
