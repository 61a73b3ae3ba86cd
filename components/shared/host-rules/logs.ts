import type { HostSettings } from "../host-args/settings";
import type { Violation } from "../input-errors";

/** Checks the arguments of the logs of hosts. */
export function hostLogViolations(_settings: HostSettings): Violation[] {
  return [];
}
