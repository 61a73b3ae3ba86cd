import type { HostSetup } from "../../../contract/shared/host-setup";
import type { RenderedFile, UnitFacts } from "../rendered-file";
import { NO_EXTRAS, type UnitExtras } from "../unit-extras";

/** Files of Docker, for the installer. */
export function dockerFiles(_setup: HostSetup, _facts: UnitFacts): RenderedFile[] {
  return [];
}

/** What Docker adds to the runner's unit. */
export function dockerExtras(_setup: HostSetup): UnitExtras {
  return NO_EXTRAS;
}
