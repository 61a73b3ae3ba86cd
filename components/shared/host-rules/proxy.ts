import type { HostSettings } from "../host-args/settings";
import type { Violation } from "../input-errors";

/** Checks the arguments of the proxy and the private authorities. */
export function proxyViolations(_settings: HostSettings): Violation[] {
  return [];
}
