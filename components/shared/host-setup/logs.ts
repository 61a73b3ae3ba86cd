import type { HostSetup } from "../../../contract/shared/host-setup";
import type { HostSettings } from "../host-args/settings";

/** @param group name of the hosts' log group */
export function logsSetup({ hostLogs }: Pick<HostSettings, "hostLogs">, group: string): Pick<HostSetup, "logs"> {
  return hostLogs === undefined ? {} : { logs: { group, diagnostics: hostLogs.diagnostics } };
}
