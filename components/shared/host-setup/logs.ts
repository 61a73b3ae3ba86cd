import type { HostSetup } from "../../../contract/shared/host-setup";
import type { HostSettings } from "../host-args/settings";

/** @param group name of the hosts' log group */
export function logsSetup(_settings: HostSettings, _group: string): Pick<HostSetup, "logs"> {
  return {};
}
