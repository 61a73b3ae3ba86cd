import {
  GLOBAL_TIMEOUT_FACTOR,
  HEARTBEAT_TIMEOUT_MAX_SECONDS as TIMEOUT_MAX,
  HEARTBEAT_TIMEOUT_MIN_SECONDS as TIMEOUT_MIN,
  globalTimeoutSeconds,
} from "../../../contract/aws/lifecycle";
import { inRange } from "../../shared/in-range";
import { type Violation, violation } from "../../shared/input-errors";
import type { PoolSettings } from "../settings";

/** Seconds; less than a minute would not even cover the drain's own confirmation and the runner's shutdown. */
const MAX_DRAIN_MIN = 60;

/**
 * The arithmetic of lifecycle actions. Without these checks, a mistake would show only as a job that is killed although
 * the pool promised to wait for it.
 */
export function drainViolations({ drain, launchTimeout }: PoolSettings): Violation[] {
  const { heartbeatTimeout, heartbeatInterval, maxDrain } = drain;
  const found: Violation[] = [];
  const range = `${TIMEOUT_MIN} to ${TIMEOUT_MAX} s, the limits of a lifecycle hook`;
  if (!inRange(launchTimeout, TIMEOUT_MIN, TIMEOUT_MAX)) {
    found.push(violation("launchTimeout", launchTimeout, `outside ${range}`, "Use whole seconds in this range"));
  }
  if (!inRange(heartbeatTimeout, TIMEOUT_MIN, TIMEOUT_MAX)) {
    found.push(violation("drain.heartbeatTimeout", heartbeatTimeout, `outside ${range}`, "Use whole seconds in this range"));
    return found;
  }
  const longest = globalTimeoutSeconds(heartbeatTimeout);
  if (!inRange(maxDrain, MAX_DRAIN_MIN, longest)) {
    found.push(
      violation(
        "drain.maxDrain",
        maxDrain,
        `outside ${MAX_DRAIN_MIN} to ${longest} s; a lifecycle action stays open for at most min(48 h, ${GLOBAL_TIMEOUT_FACTOR} x heartbeatTimeout)`,
        maxDrain > longest
          ? `Lower it or raise drain.heartbeatTimeout = ${heartbeatTimeout} (48 h needs 1728 s)`
          : "Use whole seconds in this range",
      ),
    );
  }
  const third = Math.floor(heartbeatTimeout / 3);
  if (!inRange(heartbeatInterval, 1, third)) {
    found.push(
      violation(
        "drain.heartbeatInterval",
        heartbeatInterval,
        `outside 1 to ${third} s, a third of heartbeatTimeout = ${heartbeatTimeout}`,
        "Lower it, so that two heartbeats may be lost before the instance counts as dead",
      ),
    );
  }
  return found;
}
