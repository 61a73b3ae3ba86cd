/**
 * The one door through which the runner stops (`ExecStop=`). systemd has signalled nothing yet, so the listener and its
 * job are untouched while this waits. Runs inside the unit's cgroup: it must not call AWS, nor the instance metadata.
 */
import { LOG } from "../../contract/host";
import { JobWatch, type InFlight } from "./in-flight";
import type { Host, Signs } from "./ports";

/** How often the signs are read, in ms: a few small files in /proc and /run. */
const LOOK_MS = 250;
/** With the fence up nothing new can arrive; this is for what the listener had read just before and not yet written down. */
const CONFIRM_MS = 1_500;
/** Without a fence the same look takes longer, so that an assignment under way shows itself. */
const SETTLE_MS = 10_000;
/** The listener gives up its poll on SIGINT before it gets the network back. */
const QUIET_MS = 1_000;
/** Closing its session takes the listener at most 30 s. */
const EXIT_MS = 35_000;
/** After what failed, so that a broken machine does not fill its journal. */
const AGAIN_MS = 5_000;

export type DrainHost = Pick<Host, "config" | "clock" | "log" | "unit" | "signs" | "forcedStop">;
export type DrainResult = "idle" | "stopped" | "forced";

/**
 * Waits for the job in flight, if any, and stops the idle listener. Resolves with `idle` when no listener lived,
 * `stopped` when it was asked to go, `forced` when maxDrain was over: the caller then lets systemd signal it.
 */
export async function drain(host: DrainHost): Promise<DrainResult> {
  if (await host.forcedStop.isSet()) return "forced";
  const { clock, log } = host;
  const begun = clock.now();
  const deadline = begun + host.config.maxDrain * 1000;
  const first = await look(host);
  // Nothing of the runner lives: a repeated drain, or a listener that exited by itself. No reason to wait or to fence.
  if (first.listener === undefined && first.workers === 0 && !(await mainAlive(host))) return "idle";
  const watch = new JobWatch();
  log.info(LOG.drainBegun, { inFlight: watch.inFlight(first, begun) ?? "nothing" });
  for (let round = 1; ; round++) {
    if (!(await waitUntilIdle(host, watch, deadline))) return forced(host, begun);
    const fenced = await raiseFence(host);
    if (!fenced && round === 1) log.warn(LOG.fenceUnavailable, { settleMs: SETTLE_MS });
    const found = await confirm(host, watch, fenced ? CONFIRM_MS : SETTLE_MS);
    if (found === undefined) break;
    log.info("a job slipped in, waiting on", { sign: found, round });
  }
  const result = await stopListener(host);
  log.info(LOG.drainEnded, { result, seconds: (clock.now() - begun) / 1000 });
  return result;
}

/** No job runs behind the fence, which may still be up from the last round or from a drain that was killed. */
async function waitUntilIdle(host: DrainHost, watch: JobWatch, deadline: number): Promise<boolean> {
  let open = false;
  while (watch.inFlight(await look(host), host.clock.now()) !== undefined) {
    if (host.clock.now() >= deadline) return false;
    open ||= await lowerFence(host);
    await host.clock.sleep(open ? LOOK_MS : AGAIN_MS);
  }
  return true;
}

/** The first sign of a job within the window, or undefined if there was none. */
async function confirm(host: DrainHost, watch: JobWatch, windowMs: number): Promise<InFlight> {
  const end = host.clock.now() + windowMs;
  for (;;) {
    const found = watch.inFlight(await look(host), host.clock.now());
    if (found !== undefined) return found;
    if (host.clock.now() >= end) return undefined;
    await host.clock.sleep(LOOK_MS);
  }
}

async function stopListener(host: DrainHost): Promise<DrainResult> {
  const { clock, unit } = host;
  const { listener } = await look(host);
  // None: it may be between two lives (crash, update; runsvc relaunches after 5 s). The fence stays up, so that the
  // next life cannot accept anything before systemd's own signal ends it; the next start of the unit lowers it.
  if (listener === undefined) return "idle";
  await unit.interrupt(listener);
  await clock.sleep(QUIET_MS);
  await lowerFence(host);
  const end = clock.now() + EXIT_MS;
  while ((await look(host)).listener === listener) {
    if (clock.now() >= end) {
      host.log.warn("the listener did not exit after SIGINT, leaving it to systemd", { pid: listener });
      break;
    }
    await clock.sleep(LOOK_MS);
  }
  return "stopped";
}

async function forced(host: DrainHost, begun: number): Promise<DrainResult> {
  // First of all: a second drain must not begin to wait anew, and the completion counts the loss.
  await host.forcedStop.set();
  host.log.error(LOG.forcedStop, { maxDrain: host.config.maxDrain, seconds: (host.clock.now() - begun) / 1000 });
  await lowerFence(host);
  return "forced";
}

/** What cannot be read cannot be taken for idle: it counts as a worker, until it can be read again or maxDrain is over. */
async function look(host: DrainHost): Promise<Signs> {
  try {
    return await host.signs.read();
  } catch (error) {
    host.log.error("the job signs could not be read, taking the runner for busy", { error: String(error) });
    await host.clock.sleep(AGAIN_MS);
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
