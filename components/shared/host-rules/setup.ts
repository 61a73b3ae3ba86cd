import type { HostSettings } from "../host-args/settings";
import type { Violation } from "../input-errors";

/** Checks the arguments of the setup script, packages and the environment of jobs. */
export function setupViolations(_settings: HostSettings): Violation[] {
  return [];
}
