/**
 * The only path by which the runner stops (`ExecStop=`). systemd has signalled nothing yet, so the listener and its
 * job are untouched while this waits. Runs inside the unit's cgroup: it must not call AWS, nor the instance metadata.
 * What it decides is in drain-steps.ts; this does it.
 */
import { RETRY_MS, beginDrain, nextStep, type DrainAnswer, type DrainRequest, type DrainResult, type DrainState } from "./drain-steps";
import type { Host } from "./ports/host";
import type { Signs } from "./ports/job-signs";

export type DrainHost = Pick<Host, "config" | "clock" | "log" | "unit" | "signs" | "forcedStop">;
export type { DrainResult };

/**
 * Waits for the job in flight, if any, and stops the idle listener. Resolves with `idle` when no listener lived,
 * `stopped` when it was asked to go, `forced` when maxDrain was over: the caller then lets systemd signal it.
 *
 * @param pause between two readings of the signs; for simulations, which skip readings that would change nothing
 */
export async function drain(
  host: DrainHost,
  pause: (ms: number, state: DrainState) => Promise<void> = (ms) => host.clock.sleep(ms),
): Promise<DrainResult> {
  if (await host.forcedStop.isSet()) return "forced";
  let { state, next } = beginDrain(host.clock.now(), host.config.drainDeadline * 1000);
  for (;;) {
    if ("result" in next) return next.result;
    const answer = next.ask === "sleep" ? void (await pause(next.ms, state)) : await perform(host, next);
    const step = nextStep(state, answer, host.clock.now());
    for (const { level, message, fields } of step.notes) host.log[level](message, fields);
    ({ state, next } = step);
  }
}

/** One act of the drain. What fails is answered as a failure where the drain has a way on without it. */
export async function perform(host: DrainHost, request: DrainRequest): Promise<DrainAnswer> {
  switch (request.ask) {
    case "read-signs":
      return readSigns(host);
    case "main-alive":
      return mainAlive(host);
    case "raise-fence":
      return raiseFence(host);
    case "lower-fence":
      return lowerFence(host);
    case "interrupt":
      return void (await host.unit.interrupt(request.listener));
    case "mark-forced":
      return void (await host.forcedStop.set());
    case "sleep":
      return void (await host.clock.sleep(request.ms));
  }
}

/** What cannot be read cannot be taken for idle: it counts as a worker, until it can be read again or maxDrain is over. */
async function readSigns(host: DrainHost): Promise<Signs> {
  try {
    return await host.signs.read();
  } catch (error) {
    host.log.error("the job signs could not be read, taking the runner for busy", { error: String(error) });
    await host.clock.sleep(RETRY_MS);
    return { workers: 1 };
  }
}

async function mainAlive(host: DrainHost): Promise<boolean> {
  try {
    return (await host.unit.state()).mainAlive;
  } catch {
    return true;
  }
}

async function raiseFence(host: DrainHost): Promise<boolean> {
  try {
    return await host.unit.raiseFence();
  } catch (error) {
    host.log.error("the fence could not be raised", { error: String(error) });
    return false;
  }
}

async function lowerFence(host: DrainHost): Promise<boolean> {
  try {
    await host.unit.lowerFence();
    return true;
  } catch (error) {
    host.log.error("the fence could not be lowered", { error: String(error) });
    return false;
  }
}
