import type { HostSetup } from "../../../contract/shared/host-setup";
import type { HostSettings } from "../host-args/settings";

type Setup = Pick<HostSetup, "packages" | "script" | "jobEnvironment">;

/** Without `setupTimeout`, which the other parts decide as well. */
export function scriptSetup(_settings: HostSettings): Setup {
  return {};
}

/** Seconds. The launch hook must outlast the setup by the rest of the launch. */
export function setupTimeout({ setupTimeout: given, launchTimeout }: Pick<HostSettings, "setupTimeout" | "launchTimeout">): number {
  return given ?? Math.min(Math.floor(launchTimeout / 2), 600);
}
