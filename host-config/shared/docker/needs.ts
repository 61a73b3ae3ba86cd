import type { HostSetup } from "../../../contract/shared/host-setup";
import type { PackageFacts } from "../packages/facts";

/** Packages that Docker lacks on this machine. */
export function dockerNeeds(_setup: HostSetup, _facts: PackageFacts): string[] {
  return [];
}
