import type { Agent } from "node:https";
import type { HostProxy } from "../../../contract/shared/host-setup";

/** For the AWS clients of a host. Undefined: they call AWS directly. */
export function proxyAgent(_proxy: HostProxy | undefined): Agent | undefined {
  return undefined;
}
