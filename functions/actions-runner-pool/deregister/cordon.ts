import { within } from "../../shared/lambda/timeout";
import { RESERVE } from "../../shared/github/reserve";
import { type Observer, reasonOf } from "../../shared/lambda/observer";
import { mayCall, mayGoOn, SPREAD_MS } from "./rate-budget";
import type { DeregisterPorts, DeregisterSettings } from "./ports";

const CORDON_MS = 5000;

const SKIPPED = "skipped: the rest of GitHub's hourly quota is reserved for launches";

/**
 * Removes the runner's custom labels, so that GitHub assigns it no job while it drains. Best effort: it has a short bound
 * and never throws, because the drain protects the job without it. It must not remove the runner: that cancels a running
 * job, and GitHub's own `busy` flag lags.
 *
 * @param isDue asked right before the labels are removed; for an instance that may soon register anew
 */
export async function cordon(
  instanceId: string,
  ports: DeregisterPorts,
  settings: DeregisterSettings,
  { log }: Observer,
  isDue: () => Promise<boolean> = async () => true,
): Promise<void> {
  try {
    const outcome = await within(ports.clock, "cordon", settings.cordonMs ?? CORDON_MS, async (signal) => {
      const gitHub = ports.gitHub();
      if (!(await mayCall(instanceId, ports.clock, gitHub, RESERVE.cordon, settings.spreadMs ?? SPREAD_MS, signal))) {
        return SKIPPED;
      }
      const runner = await gitHub.find(instanceId, signal);
      if (!runner) return "not registered";
      if (!(await isDue())) return "not due any more";
      return mayGoOn(gitHub, RESERVE.cordon) ? gitHub.removeCustomLabels(runner.id, signal) : SKIPPED;
    });
    log.info("cordon", { outcome });
  } catch (error) {
    log.warn("cordon failed; the drain does not need it", { reason: reasonOf(error) });
  }
}
