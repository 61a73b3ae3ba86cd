import { isRetained } from "../../../contract/aws/lifecycle";
import { METRIC } from "../../../contract/actions-runner-pool/metrics";
import { registrationSecretName } from "../../../contract/actions-runner-pool/names";
import { within } from "../../shared/lambda/timeout";
import { RESERVE } from "../../shared/github/reserve";
import type { Observer } from "../../shared/lambda/observer";
import { mayCall, SPREAD_MS } from "./rate-budget";
import type { DeregisterPorts, DeregisterSettings } from "./ports";

const REMOVAL_MS = 15_000;

/**
 * The instance is gone: so go its runner and a registration token that it never took. Failures are thrown, Lambda
 * tries again, and after that the sweep does it.
 */
export async function handleTerminated(
  instanceId: string,
  ports: DeregisterPorts,
  settings: DeregisterSettings,
  { log, count }: Observer,
): Promise<void> {
  let failure: unknown;
  try {
    const secret = await ports.deleteSecret(registrationSecretName(settings.names.secretPrefix, instanceId));
    if (secret === "deleted") log.info("unused registration token deleted");
  } catch (error) {
    // Secrets Manager's trouble is no reason to keep the runner, nor the other way round.
    failure = error;
  }

  const state = (await ports.lifecycleStates([instanceId])).get(instanceId);
  if (state !== undefined && isRetained(state)) {
    // How Auto Scaling words the end of a termination that led to retention is not documented, and such an instance runs on.
    log.warn("the instance is retained, not gone: its runner stays", { state });
    if (failure !== undefined) throw failure;
    return;
  }
  const outcome = await within(ports.clock, "removing the runner", settings.removalMs ?? REMOVAL_MS, async (signal) => {
    const gitHub = ports.gitHub();
    if (!(await mayCall(instanceId, ports.clock, gitHub, RESERVE.removal, settings.spreadMs ?? SPREAD_MS, signal))) {
      return "left to the sweep: GitHub's calls of this hour are kept for launches";
    }
    const runner = await gitHub.find(instanceId, signal);
    return runner ? gitHub.remove(runner.id, signal) : "not registered";
  });
  if (outcome === "busy") {
    log.error(
      "the instance is gone while GitHub counts a job on its runner: that job is lost, or its end not yet seen there; the sweep removes the runner",
    );
    count(METRIC.busyAtTermination);
  } else {
    log.info("runner removed", { outcome });
  }
  if (failure !== undefined) throw failure;
}
