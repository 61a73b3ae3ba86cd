import type { HostProxy } from "../../../contract/shared/host-setup";
import { environmentLines } from "../unit-extras";

/** Variables for jobs and for programs that act for them. None without a proxy. */
export function proxyVariables(_proxy: HostProxy | undefined): Record<string, string> {
  return {};
}

/** The same as `Environment=` lines of a unit. */
export function proxyLines(proxy: HostProxy | undefined): string {
  return environmentLines(proxyVariables(proxy));
}
