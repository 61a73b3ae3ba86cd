import type { HostSettings } from "../host-args/settings";
import type { Violation } from "../input-errors";

/** Checks the arguments of volumes and disk floors. */
export function volumeViolations(_settings: HostSettings): Violation[] {
  return [];
}
