import { accessSync, constants, existsSync } from "node:fs";
import { join } from "node:path";

/** Only of these names does a stage ask whether the archive has them. */
export const OFFERED_PREFIX = "docker";

/** Root's, whatever the environment of the bootstrap is. */
const FOLDERS = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/** What the machine brings along, as far as it decides which packages to install. */
export interface PackageFacts {
  /** Undefined: neither APT nor DNF. */
  manager: "apt" | "dnf" | undefined;
  /** Whether a program is in root's PATH. */
  hasCommand(name: string): boolean;
  hasFile(path: string): boolean;
  /** Whether APT's archive has a package of this name, as far as its lists are up to date. False with DNF. */
  offers(name: `${typeof OFFERED_PREFIX}${string}`): boolean;
}

/** @param offered names of the packages of the archive */
export function machineFacts(offered: ReadonlySet<string>): PackageFacts {
  return {
    manager: hasCommand("apt-get") ? "apt" : hasCommand("dnf") ? "dnf" : undefined,
    hasCommand,
    hasFile: existsSync,
    offers: (name) => offered.has(name),
  };
}

function hasCommand(name: string): boolean {
  return FOLDERS.some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
