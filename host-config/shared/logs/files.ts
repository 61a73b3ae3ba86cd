import type { HostSetup } from "../../../contract/shared/host-setup";
import type { RenderedFile, UnitFacts } from "../rendered-file";
import { NO_EXTRAS, type UnitExtras } from "../unit-extras";

/** Files of the delivery of the host's logs, for the installer. */
export function logsFiles(_setup: HostSetup, _facts: UnitFacts): RenderedFile[] {
  return [];
}

/** What the delivery of the host's logs adds to the runner's unit. */
export function logsExtras(_setup: HostSetup): UnitExtras {
  return NO_EXTRAS;
}
