import type { HostSetup } from "../../../contract/shared/host-setup";
import type { HostSettings } from "../host-args/settings";

export function storageSetup(_settings: HostSettings): Pick<HostSetup, "storage" | "diskFloor"> {
  return {};
}
