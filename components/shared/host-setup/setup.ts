import { setupKey } from "../../../contract/shared/host-bundle";
import type { HostSetup } from "../../../contract/shared/host-setup";
import type { HostSettings } from "../host-args/settings";

type Setup = Pick<HostSetup, "packages" | "script" | "jobEnvironment">;

/** Seconds of the launch that the setup leaves to the rest: the runner's archive, its dependencies and the registration. */
export const LAUNCH_WITHOUT_SETUP = 180;
/** Seconds. A longer setup belongs onto an image. */
const USUAL_TIMEOUT_MAX = 600;
/**
 * Seconds. A launch's registration token is stored at its beginning, and may then be valid for 30 minutes only, of which download
 * and registration need up to 10.
 */
export const SETUP_TIMEOUT_MAX = 1200;

/** Without `setupTimeout`, which the other parts decide as well. */
export function scriptSetup({ packages = [], script, jobEnvironment = {} }: HostSettings): Setup {
  return {
    ...(packages.length === 0 ? {} : { packages }),
    ...(script === undefined ? {} : { script: { key: setupKey(script.sha256), sha256: script.sha256 } }),
    ...(Object.keys(jobEnvironment).length === 0 ? {} : { jobEnvironment }),
  };
}

/** Seconds. The launch hook must outlast the setup by the rest of the launch. */
export function setupTimeout({ setupTimeout: given, launchTimeout }: Pick<HostSettings, "setupTimeout" | "launchTimeout">): number {
  return given ?? Math.min(Math.floor(launchTimeout / 2), launchTimeout - LAUNCH_WITHOUT_SETUP, USUAL_TIMEOUT_MAX);
}
