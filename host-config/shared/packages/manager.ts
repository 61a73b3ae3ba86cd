import type { Installed } from "./plan";

/** A package manager. Each call may wait for another program that holds its lock, until the deadline. */
export interface PackageManager {
  installed(): Promise<Installed>;
  /** Names of the archive's packages that begin with OFFERED_PREFIX; empty with DNF. */
  offered(): Promise<ReadonlySet<string>>;
  /** Brings the archive's lists up to date. Only before an installation: it needs the network. */
  refresh(): Promise<void>;
  /** @param starts whether the services of the packages start now. Rejects with a PrepareError for what the user can correct. */
  install(entries: readonly string[], starts: boolean): Promise<void>;
}

/** The last lines of an output, on one line: what a package manager says about a failure is at its end. */
export function endOf(output: string, lines = 3): string {
  const kept = output.split("\n").map((line) => line.trim());
  return kept
    .filter((line) => line !== "")
    .slice(-lines)
    .map((line) => line.slice(0, 200))
    .join(" | ");
}
