/** What the machine brings along, as far as it decides which packages to install. */
export interface PackageFacts {
  /** Undefined: neither APT nor DNF. */
  manager: "apt" | "dnf" | undefined;
  /** Whether a program is in root's PATH. */
  hasCommand(name: string): boolean;
  hasFile(path: string): boolean;
  /** Whether the archive has a package of this name. */
  offers(name: string): boolean;
}
