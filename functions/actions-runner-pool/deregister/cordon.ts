import { within } from "../../shared/lambda/timeout";
import { RESERVE } from "../../shared/github/reserve";
import { type Observer, reasonOf } from "../../shared/lambda/observer";
import { mayCall, SPREAD_MS } from "./rate-budget";
import type { DeregisterPorts, DeregisterSettings } from "./ports";

const CORDON_MS = 5000;

/**
 * Takes the runner's custom labels off, so that GitHub stops choosing it while it drains. A courtesy to the queue and
 * no part of the promise: short, and it never throws. The runner is not removed, because removing one that runs a
 * job cancels it, and GitHub's own view of "busy" lags.
 */
export async function cordon(instanceId: string, ports: DeregisterPorts, settings: DeregisterSettings, { log }: Observer): Promise<void> {
  try {
    const outcome = await within(ports.clock, "cordon", settings.cordonMs ?? CORDON_MS, async (signal) => {
      const gitHub = ports.gitHub();
      if (!(await mayCall(instanceId, ports.clock, gitHub, RESERVE.cordon, settings.spreadMs ?? SPREAD_MS, signal))) {
        return "left out: GitHub's calls of this hour are kept for launches";
      }
      const runner = await gitHub.find(instanceId, signal);
      return runner ? gitHub.removeCustomLabels(runner.id, signal) : "not registered";
    });
    log.info("cordon", { outcome });
  } catch (error) {
    log.warn("cordon failed; the drain does not need it", { reason: reasonOf(error) });
  }
}
