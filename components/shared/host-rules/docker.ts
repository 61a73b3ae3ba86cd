import type { HostSettings } from "../host-args/settings";
import type { Violation } from "../input-errors";

/** Checks the arguments of Docker. */
export function dockerViolations(_settings: HostSettings): Violation[] {
  return [];
}
