/** What a completion waits for before it ends an action: the unit is stopped, and nothing of its runner is left. */
import { drain, type DrainHost } from "./drain";
import type { Host } from "./ports/host";
import { isRunning, isStopped } from "../../shared/unit-state";

/** ExecStopPost= starts the completion while its own unit is still deactivating, which takes milliseconds. 60 s means a hung machine. */
const DEACTIVATING_MS = 60_000;
const POLL_MS = 100;

export type StoppedRunnerHost = DrainHost;
export type Wait = (host: DrainHost) => Promise<unknown>;

export async function stopped(host: Pick<Host, "clock" | "unit">): Promise<boolean> {
  const end = host.clock.now() + DEACTIVATING_MS;
  for (;;) {
    const unit = await host.unit.state();
    if (isStopped(unit)) return true;
    if (isRunning(unit) || host.clock.now() >= end) return false;
    await host.clock.sleep(POLL_MS);
  }
}

/**
 * Drains a listener or a worker that an incomplete stop left behind (SIGKILL of the start or of the drain): the same rules
 * apply to it. Not after a forced stop.
 *
 * @returns what the drain returned; undefined if nothing was left
 */
export async function drainLeftovers(host: StoppedRunnerHost, forced: boolean, wait: Wait = drain): Promise<unknown> {
  const left = await host.signs.read();
  if (!((left.workers > 0 || left.listener !== undefined) && !forced)) return undefined;
  host.log.warn("the unit is stopped but the runner is not, draining it", { ...left });
  return wait(host);
}
