import type { HostSetup } from "../../../contract/shared/host-setup";
import type { RenderedFile, UnitFacts } from "../rendered-file";
import { NO_EXTRAS, type UnitExtras } from "../unit-extras";

/** Files of the proxy, for the installer. */
export function proxyFiles(_setup: HostSetup, _facts: UnitFacts): RenderedFile[] {
  return [];
}

/** What the proxy adds to the runner's unit. */
export function proxyExtras(_setup: HostSetup): UnitExtras {
  return NO_EXTRAS;
}
