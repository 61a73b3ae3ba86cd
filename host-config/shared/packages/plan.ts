import type { HostSetup } from "../../../contract/shared/host-setup";
import { dockerNeeds } from "../docker/needs";
import { storageNeeds } from "../storage/needs";
import type { PackageFacts } from "./facts";

/** Packages that the host's own parts lack, each once. */
export function needs(setup: HostSetup, facts: PackageFacts): string[] {
  return [...new Set([...dockerNeeds(setup, facts), ...storageNeeds(setup, facts)])];
}
