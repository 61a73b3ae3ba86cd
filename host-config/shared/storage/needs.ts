import type { HostSetup } from "../../../contract/shared/host-setup";
import type { PackageFacts } from "../packages/facts";

/** Packages that the volumes lack on this machine. */
export function storageNeeds(_setup: HostSetup, _facts: PackageFacts): string[] {
  return [];
}
