/** One request of a run that needs the machine no more. */
import type { ControlReply } from "../../../contract/persistent-runner/control";
import type { Lease } from "../../../contract/persistent-runner/lease";
import { PERSISTENT_METRIC } from "../../../contract/persistent-runner/metrics";
import { PERSISTENT_TIMING } from "../../../contract/persistent-runner/timing";
import type { Observer } from "../../shared/lambda/observer";
import { forget, release } from "../shared/lease-writes";
import { powerOff } from "../shared/power-off";
import type { RunnerPorts, StopPorts } from "../shared/ports";

export interface Stopping {
  holder: string;
  /** Also while a job is at work. */
  force: boolean;
}

/** More mean that others act on the lease at the same time. */
const MOST_STEPS = 6;

/**
 * Gives the machine back, and switches it off. A job that is at work keeps it, unless by force: the request is to be repeated, and the
 * machine switches itself off after the job in any case. Whoever holds nothing has released it already.
 *
 * Whether a job is at work is decided by taking the runner out of GitHub, which refuses that for one with a job: what GitHub shows of a runner
 * may be older than its job, and between a look and the stop a job may begin.
 */
export async function stop(
  stopping: Stopping,
  ports: StopPorts & { runners: RunnerPorts },
  observer: Observer,
  signal: AbortSignal,
): Promise<ControlReply> {
  for (let count = 0; count < MOST_STEPS; count += 1) {
    const lease = await ports.lease.read(signal);
    if (lease.phase === "stopping") return switchOff(lease, ports, observer, signal);
    if (lease.holder !== stopping.holder) return { state: "released", detail: "this run does not hold the machine" };
    if (lease.phase === "stopped") {
      if (await ports.lease.write(forget(lease), signal)) return { state: "released", detail: "the machine is off" };
      continue;
    }
    const busy = lease.phase === "ready" && (await retired(lease, stopping, ports, signal)) === "busy";
    if (busy && !stopping.force) return notYet("a job of this run is at work on the machine, which switches itself off after it");
    if (!(await ports.lease.write(release(lease, ports.clock.now()), signal))) continue;
    observer.log.info("the machine was released", { holder: lease.holder, generation: lease.generation, phase: lease.phase });
    if (busy) {
      observer.log.error("the machine is stopped by force while a job is at work", { holder: lease.holder, generation: lease.generation });
      observer.count(PERSISTENT_METRIC.forcedStops);
    }
  }
  return notYet("others act on the machine at the same time");
}

/** By force it goes on without GitHub's answer, and counts as a job that was stopped. */
async function retired(lease: Lease, { force }: Stopping, { runners }: { runners: RunnerPorts }, signal: AbortSignal) {
  return runners.retire(lease, signal).catch((error: unknown) => {
    if (force) return "busy" as const;
    throw error;
  });
}

/** Also for another's release: a machine without holder is to be off, so whoever comes by repeats what was lost. */
async function switchOff(lease: Lease, ports: StopPorts, { log }: Observer, signal: AbortSignal): Promise<ControlReply> {
  const off = await powerOff(lease, await ports.power.state(signal), ports, log, signal);
  if (off.outcome === "refused") return notYet(`the machine cannot be stopped yet: ${off.reason}`);
  return { state: "released", detail: off.outcome === "off" ? "the machine is off" : "the machine is being stopped" };
}

function notYet(detail: string): ControlReply {
  return { state: "stopping", retryAfter: PERSISTENT_TIMING.pollInterval, detail };
}
