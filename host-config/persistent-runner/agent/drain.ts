/**
 * Ends a runner's work without ending a job: the first stop command of the runner's unit with registration `service`, and before the idle stop
 * switches the machine off.
 *
 * A listener cancels its job when it gets the signal to end, so it gets that only once there is none. Between the moment when it acquires a job and
 * that job's worker lies up to a few seconds, in which nothing on the machine shows the job. So the runner is cut off first
 * (IPAddressDeny=any on its unit): what it has acquired before shows within SETTLE_MS, and gets its network back; what it has not
 * acquired GitHub gives to another runner, or keeps in the queue, after a minute.
 *
 * Bounds: waits for a job for as long as it takes; the unit's TimeoutStopSec= is maxSession, at whose end the machine is switched off anyway.
 *
 * Killed: systemd goes on to stop the unit.
 */
import type { HostClock } from "../../shared/ports/clock";
import type { Log } from "../../shared/ports/log";

const POLL_MS = 1_000;
/** Usually the worker follows its job within 2 s. */
const SETTLE_MS = 10_000;

export interface DrainHost {
  clock: HostClock;
  log: Log;
  working(): boolean;
  /** From a moment later on the runner's unit can neither send nor receive. */
  raiseFence(): Promise<void>;
  lowerFence(): Promise<void>;
}

/** Resolves when no job is at work and none can come. The fence stays. */
export async function drain(host: DrainHost): Promise<void> {
  const { clock, log, working } = host;
  for (;;) {
    if (working()) log.info("waiting for the job at work");
    while (working()) await clock.sleep(POLL_MS);
    await host.raiseFence();
    if (await settled(host)) return;
    await host.lowerFence();
    log.info("a job had just been acquired");
  }
}

async function settled({ clock, working }: DrainHost): Promise<boolean> {
  const end = clock.now() + SETTLE_MS;
  while (clock.now() < end) {
    if (working()) return false;
    await clock.sleep(POLL_MS);
  }
  return !working();
}
