import { DISK_FLOOR } from "../../contract/shared/host-setup";
import type { HostSettings } from "../shared/host-args/settings";
import { LAUNCH_WITHOUT_SETUP } from "../shared/host-setup/setup";
import type { PersistentRunnerSettings } from "./settings";

/** The settings as the shared rules and renderers of hosts take them: one without further volumes, which prepares itself once. */
export function hostSettings(settings: PersistentRunnerSettings): HostSettings {
  return {
    ...settings,
    launchTimeout: settings.firstBootTimeout,
    rootVolumeKmsKeyId: settings.kmsKeyArn,
    // It has a gate of its own, before each job.
    diskFloor: DISK_FLOOR,
    useInstanceStore: false,
    // Never: what one job changes as root, all later ones get.
    jobsMayBecomeRoot: false,
  };
}

/** Seconds that the setup has of the first boot; the runner's archive and its packages need the rest. */
export function setupTimeout({ firstBootTimeout }: PersistentRunnerSettings): number {
  return firstBootTimeout - LAUNCH_WITHOUT_SETUP;
}
