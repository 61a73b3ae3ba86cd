import type { HostSetup } from "../../../contract/shared/host-setup";

/**
 * Commands for the end of a job hook, which remove the containers of the job; empty without rootless Docker. They may use no
 * variable of the hook, and their exit code counts for nothing.
 */
export function cleanUp(_setup: HostSetup): string {
  return "";
}
