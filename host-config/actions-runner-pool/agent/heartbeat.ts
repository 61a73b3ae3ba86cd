/**
 * One tick of the heartbeat timer. It needs nothing of the daemon: with the daemon dead it still keeps the lifecycle
 * action alive, stops a runner that nobody stopped, and completes what is stopped.
 */
import type { Host } from "./ports/host";
import { isRunning, isStopped } from "../../shared/unit-state";
import { isTerminating } from "./target-state";

export type HeartbeatHost = Pick<Host, "config" | "log" | "imds" | "unit" | "signs" | "lifecycle" | "helpers">;
export type HeartbeatResult = "not-terminating" | "beat" | "no-action" | "completion-started";

/** Rejects when the metadata or AWS does not answer; the next tick comes in heartbeatInterval seconds. */
export async function heartbeat(host: HeartbeatHost): Promise<HeartbeatResult> {
  if (!isTerminating(await host.imds.targetState())) return "not-terminating";
  const unit = await host.unit.state();
  const signs = await host.signs.read();
  const hook = host.config.terminateHook;
  if (isStopped(unit) && signs.workers === 0 && signs.listener === undefined) {
    await host.helpers.startCompletion();
    return "completion-started";
  }
  // The beat first: whatever systemd answers to the rest, the action must live on.
  const outcome = await host.lifecycle.heartbeat(hook);
  if (isRunning(unit)) await host.unit.stop();
  // Leftovers of a stopped unit are the completion's to drain; it takes as long as their job.
  if (isStopped(unit)) await host.helpers.startCompletion();
  host.log.info("heartbeat", { hook, outcome });
  return outcome === "done" ? "beat" : "no-action";
}
