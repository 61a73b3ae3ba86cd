import type { HostSetup } from "../../../contract/shared/host-setup";
import type { HostSettings } from "../host-args/settings";

export function proxySetup(_settings: HostSettings): Pick<HostSetup, "proxy"> {
  return {};
}
