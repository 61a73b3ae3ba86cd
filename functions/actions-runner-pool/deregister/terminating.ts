import type { LifecycleState } from "../../../contract/aws/lifecycle";
import { METRIC } from "../../../contract/actions-runner-pool/metrics";
import type { LifecycleEvent } from "../shared/events";
import { type Observer, reasonOf } from "../../shared/lambda/observer";
import { cordon } from "./cordon";
import type { DeregisterPorts, DeregisterSettings } from "./ports";

/** An instance that terminates out of the warm pool. Unless it is just entering or leaving it, its host is off and cannot complete the hook. */
const POOL_TRIM: LifecycleState = "Warmed:Terminating:Wait";
/** On the way into the warm pool; with Destination `WarmPool` and the termination's hook, back from service. */
const RETURNING: LifecycleState = "Warmed:Pending:Wait";

/**
 * Starts the drain of a terminating instance early and cordons its runner. The host detects the termination and drains by
 * itself, so a lost event or a failure in here never costs a job. deregister.ts documents the order of the calls.
 */
export async function handleTerminating(
  event: LifecycleEvent,
  ports: DeregisterPorts,
  settings: DeregisterSettings,
  observer: Observer,
): Promise<void> {
  const { log, count } = observer;
  if (event.destination === "WarmPool") return handleReturning(event, ports, settings, observer);
  // An event may be old or forged, so its origin alone does not complete the action of a host that may have a job.
  if ((event.origin === "WarmPool" || event.origin === undefined) && (await isPoolTrim(event, ports, observer))) {
    return continuePoolTrim(event, ports, settings, observer);
  }

  let failure: unknown;
  try {
    const outcome = await ports.sendStop(settings.names.stopDocument, event.instanceId);
    if (outcome === "sent") {
      log.info("stop sent");
    } else {
      // Not retried: the host is usually off or dead, so a retry would only fill the dead-letter queue.
      log.warn("Systems Manager cannot reach the instance; its agent watches for the termination itself");
      count(METRIC.stopFailures);
      // AWS publishes no sample of a trim's event, so its origin is verified by the instance's state.
      if (await isPoolTrim(event, ports, observer)) return continuePoolTrim(event, ports, settings, observer);
    }
  } catch (error) {
    failure = error;
    log.error("stop could not be sent; the agent watches for the termination itself", { reason: reasonOf(error) });
    count(METRIC.stopFailures);
  }

  await cordon(event.instanceId, ports, settings, observer);
  // Rethrown last, so that the cordon still happens. Lambda then retries the whole event.
  if (failure !== undefined) throw failure;
}

/**
 * An instance that returns to the warm pool drains and completes the action itself, as at a termination. It is sent no stop:
 * Run Command may deliver one after minutes, when the instance is in service again. For the same reason the cordon checks
 * the state right before it removes the labels: an event may be hours old.
 */
async function handleReturning({ instanceId }: LifecycleEvent, ports: DeregisterPorts, settings: DeregisterSettings, observer: Observer) {
  observer.log.info("instance returns to the warm pool: its host drains and completes the action");
  const isReturning = async () => (await ports.lifecycleStates([instanceId])).get(instanceId) === RETURNING;
  await cordon(instanceId, ports, settings, observer, isReturning);
}

/**
 * A host that was returning to the pool when the pool was deleted or trimmed may still run a job: it completes the action
 * itself. The sweep completes that of a host that is on without a job, because it reads the group's history anyway.
 */
async function isPoolTrim({ instanceId }: LifecycleEvent, ports: DeregisterPorts, { log }: Observer): Promise<boolean> {
  try {
    const state = (await ports.lifecycleStates([instanceId])).get(instanceId);
    return state === POOL_TRIM && (await ports.isOff(instanceId));
  } catch (error) {
    // In doubt, assume that it is in service: a stop to a host that is off has no effect, and the sweep completes a trim.
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
  log.info("pool trim completed", { outcome });
}
