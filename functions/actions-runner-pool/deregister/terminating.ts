import type { LifecycleState } from "../../../contract/aws/lifecycle";
import { METRIC } from "../../../contract/actions-runner-pool/metrics";
import type { LifecycleEvent } from "../shared/events";
import { type Observer, reasonOf } from "../../shared/lambda/observer";
import { cordon } from "./cordon";
import type { DeregisterPorts, DeregisterSettings } from "./ports";

/** A pooled instance that is trimmed. It is stopped or hibernated, so nothing on it can answer the hook. */
const POOL_TRIM: LifecycleState = "Warmed:Terminating:Wait";

/**
 * An instance was chosen to go. This only hurries things along: the host watches its own state and drains by itself,
 * so a lost event, an outage here or a dead agent costs seconds, never a job.
 *
 * The stop goes out before anything that talks to GitHub, credentials included. Nothing here ever completes the
 * action of a host that was in service: only the host knows whether a job still runs. A dead host sends no
 * heartbeats, and its hook times out by itself.
 */
export async function handleTerminating(
  event: LifecycleEvent,
  ports: DeregisterPorts,
  settings: DeregisterSettings,
  observer: Observer,
): Promise<void> {
  const { log, count } = observer;
  if (event.destination === "WarmPool") {
    log.info("instance returns to the warm pool: nothing to do");
    return;
  }
  if (event.origin === "WarmPool" || (event.origin === undefined && (await isPoolTrim(event, ports, observer)))) {
    return continuePoolTrim(event, ports, settings, observer);
  }

  let failure: unknown;
  try {
    const outcome = await ports.sendStop(settings.names.stopDocument, event.instanceId);
    if (outcome === "sent") {
      log.info("stop sent");
    } else {
      // No second try: mostly a host that is off or dead, for which trying again would only fill the dead letters.
      log.warn("Systems Manager cannot reach the instance; its agent watches for the termination itself");
      count(METRIC.stopFailures);
      // No sample of a trim's event is published, so its origin is not taken on trust.
      if (await isPoolTrim(event, ports, observer)) return continuePoolTrim(event, ports, settings, observer);
    }
  } catch (error) {
    failure = error;
    log.error("stop could not be sent; the agent watches for the termination itself", { reason: reasonOf(error) });
    count(METRIC.stopFailures);
  }

  await cordon(event.instanceId, ports, settings, observer);
  // Last, so that it costs neither the cordon nor the log; Lambda then tries the whole event again.
  if (failure !== undefined) throw failure;
}

async function isPoolTrim({ instanceId }: LifecycleEvent, ports: DeregisterPorts, { log }: Observer): Promise<boolean> {
  try {
    return (await ports.lifecycleStates([instanceId])).get(instanceId) === POOL_TRIM;
  } catch (error) {
    // In doubt it is a host in service: a stop to one that is off does nothing, and the sweep finds a trim.
    log.warn("state of the instance is unknown; treating it as in service", { reason: reasonOf(error) });
    return false;
  }
}

async function continuePoolTrim(
  { instanceId, token }: LifecycleEvent,
  ports: DeregisterPorts,
  { names }: DeregisterSettings,
  { log }: Observer,
): Promise<void> {
  const outcome = await ports.continueAction({ group: names.group, hook: names.terminateHook, instanceId, token });
  log.info("pooled instance may go", { outcome });
}
