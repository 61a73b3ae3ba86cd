import { METRIC } from "../../../contract/actions-runner-pool/metrics";
import { parsePoolEvent } from "../shared/events";
import type { Observer } from "../../shared/lambda/observer";
import type { DeregisterPorts, DeregisterSettings } from "./ports";
import { handleTerminated } from "./terminated";
import { handleTerminating } from "./terminating";

/** Sends each event where it belongs. A malformed one is reported and dropped: a retry would not mend it. */
export async function deregister(event: unknown, ports: DeregisterPorts, settings: DeregisterSettings, observer: Observer): Promise<void> {
  const parsed = parsePoolEvent(event, settings.names);
  switch (parsed.kind) {
    case "terminating":
      return handleTerminating(parsed, ports, settings, observer);
    case "terminated":
      return handleTerminated(parsed.instanceId, ports, settings, observer);
    case "malformed":
      observer.log.error("malformed event: nothing done", { problem: parsed.problem });
      observer.count(METRIC.malformedEvents);
      return;
    default:
      observer.log.info("event is not for this function", {
        reason: parsed.kind === "foreign" ? parsed.reason : parsed.kind,
      });
  }
}
