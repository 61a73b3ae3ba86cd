import { METRIC } from "../../../contract/actions-runner-pool/metrics";
import { parsePoolEvent } from "../shared/events";
import type { Observer } from "../../shared/lambda/observer";
import { type RegistrationPorts, type RegistrationSettings, provideToken } from "../shared/registration";

/**
 * Gives an instance on its way into service a registration token. Late on purpose: an instance that only enters the
 * warm pool gets none, so that no runner of the pool idles at GitHub until it is removed there after 14 days.
 *
 * It never abandons the launch. A failure is thrown, Lambda tries the event again twice, then the sweep does, and if
 * GitHub stays out of reach the launch hook's own timeout abandons the instance. A token for an instance that is gone
 * by then (the event came late) opens nothing and is swept.
 */
export async function register(
  event: unknown,
  ports: RegistrationPorts,
  settings: RegistrationSettings,
  observer: Observer,
): Promise<void> {
  const { log, count } = observer;
  const parsed = parsePoolEvent(event, settings.names);
  if (parsed.kind === "malformed") {
    log.error("malformed event: nothing done", { problem: parsed.problem });
    count(METRIC.malformedEvents);
    return;
  }
  if (parsed.kind !== "launching") {
    log.info("event is not for this function", { reason: parsed.kind === "foreign" ? parsed.reason : parsed.kind });
    return;
  }
  // A group without a warm pool may leave the destination out: only one that names another place is left alone.
  if (parsed.destination !== undefined && parsed.destination !== "AutoScalingGroup") {
    log.info("instance is not going into service: no token", { destination: parsed.destination });
    return;
  }
  await provideToken(parsed.instanceId, ports, settings, observer);
}
