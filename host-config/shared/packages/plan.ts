import type { HostSetup } from "../../../contract/shared/host-setup";
import { dockerNeeds } from "../docker/needs";
import { storageNeeds } from "../storage/needs";
import type { PackageFacts } from "./facts";

/** Versions of the installed packages, by name; several only where a system allows it. */
export type Installed = ReadonlyMap<string, readonly string[]>;

export interface Transactions {
  /** For the host's own parts. Nothing of it may start yet: its service may need a volume that is not mounted. */
  own: string[];
  /** The user's, whose services start as usual. */
  user: string[];
}

/** Packages that the host's own parts lack, each once. */
export function needs(setup: HostSetup, facts: PackageFacts): string[] {
  return [...new Set([...dockerNeeds(setup, facts), ...storageNeeds(setup, facts)])];
}

/** What is left to install, as `NAME` or `NAME=VERSION`. The user's version of a package counts for the host's parts as well. */
export function transactions(lacking: readonly string[], packages: readonly string[], installed: Installed): Transactions {
  const own = lacking.map((name) => packages.find((entry) => nameOf(entry) === name) ?? name);
  return { own, user: packages.filter((entry) => !own.includes(entry) && !isInstalled(entry, installed)) };
}

export function nameOf(entry: string): string {
  return entry.split("=", 1)[0]!;
}

function isInstalled(entry: string, installed: Installed): boolean {
  const versions = installed.get(nameOf(entry));
  if (versions === undefined) return false;
  return !entry.includes("=") || versions.includes(entry.slice(nameOf(entry).length + 1));
}
