/**
 * Completes the termination (`runner-complete.service`). It may be started at any time: it checks for itself whether
 * the instance is on its way out and whether the runner is really gone.
 */
import { LOG } from "../../../contract/actions-runner-pool/host";
import { METRIC } from "../../../contract/actions-runner-pool/metrics";
import { drain, type DrainHost } from "./drain";
import type { Host } from "./ports/host";
import { isRunning, isStopped } from "../../shared/unit-state";
import { isTerminating } from "./target-state";

/** ExecStopPost starts this while its own unit is still deactivating, for milliseconds; 60 s is a hung machine. */
const DEACTIVATING_MS = 60_000;
const POLL_MS = 100;
/** A forced stop comes 5 minutes before the lifecycle action's own end at the latest. */
const REPORT_MS = 120_000;
const REPORT_PAUSE_MS = 10_000;

export type CompleteHost = Pick<
  Host,
  "config" | "clock" | "log" | "imds" | "unit" | "signs" | "lifecycle" | "forcedStop" | "departure" | "metrics"
>;
export type CompleteResult = "completed" | "none" | "not-terminating" | "still-running";

/**
 * Rejects when AWS or the metadata could not be reached within the clients' own retries; whoever started it tries again.
 *
 * @param wait how what was left behind is drained.
 */
export async function complete(host: CompleteHost, wait: (host: DrainHost) => Promise<unknown> = drain): Promise<CompleteResult> {
  await reportForcedStop(host);
  if (!isTerminating(await host.imds.targetState())) return "not-terminating";
  // Must come first: a listener that an operator starts after the check of the unit would lose its job with the instance.
  await host.departure.set();
  if (!(await stopped(host))) return "still-running";
  const left = await host.signs.read();
  // Only after a stop that was cut short (SIGKILL of the start or of the drain). The same rules hold for what it left.
  const forced = await host.forcedStop.isSet();
  if ((left.workers > 0 || left.listener !== undefined) && !forced) {
    host.log.warn("the unit is stopped but the runner is not, draining it", { ...left });
    await wait(host);
    await reportForcedStop(host);
    if (!(await stopped(host))) return "still-running";
  }
  // A crash of runsvc.sh leaves its RunnerService.js behind, which may be about to relaunch a listener.
  if (!forced) await host.unit.killLeftovers();
  const hook = host.config.terminateHook;
  const outcome = await host.lifecycle.complete(hook, "CONTINUE");
  host.log.info(LOG.actionCompleted, { hook, outcome });
  return outcome === "done" ? "completed" : "none";
}

async function stopped(host: CompleteHost): Promise<boolean> {
  const end = host.clock.now() + DEACTIVATING_MS;
  for (;;) {
    const unit = await host.unit.state();
    if (isStopped(unit)) return true;
    if (isRunning(unit) || host.clock.now() >= end) return false;
    await host.clock.sleep(POLL_MS);
  }
}

/**
 * The drain may not call AWS from inside the fenced cgroup, so its loss is counted here, once. With the completion the
 * instance and its journal are gone, so the count is tried for a while before it: a third of the time that the last
 * heartbeat gave at most, lest the action expires meanwhile.
 */
async function reportForcedStop({ clock, config, forcedStop, log, metrics }: CompleteHost): Promise<void> {
  if (!(await forcedStop.isSet()) || (await forcedStop.isReported())) return;
  const end = clock.now() + Math.min(REPORT_MS, (config.heartbeatTimeout * 1000) / 3);
  for (;;) {
    try {
      await metrics.count(METRIC.forcedStops);
      return await forcedStop.setReported();
    } catch (error) {
      log.error("the forced stop could not be counted", { metric: METRIC.forcedStops, error: String(error) });
    }
    if (clock.now() + REPORT_PAUSE_MS > end) return;
    await clock.sleep(REPORT_PAUSE_MS);
  }
}
