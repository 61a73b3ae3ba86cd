import type { HostSetup } from "../../../contract/shared/host-setup";
import type { RenderedFile, UnitFacts } from "../rendered-file";
import { NO_EXTRAS, type UnitExtras } from "../unit-extras";

/** Files of volumes, for the installer. */
export function storageFiles(_setup: HostSetup, _facts: UnitFacts): RenderedFile[] {
  return [];
}

/** What volumes adds to the runner's unit. */
export function storageExtras(_setup: HostSetup): UnitExtras {
  return NO_EXTRAS;
}
