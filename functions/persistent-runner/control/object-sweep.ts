/**
 * Deletes what no order names any more of the objects that a machine installs. Pulumi keeps each that it replaces: an order names objects by
 * digest, and a run that began before a deployment still orders what that replaced.
 *
 * Run after a provisioning that found the machine prepared, off and free: then no machine is about to fetch anything. A run that
 * begins now orders what is deployed; one with control `direct` may have read the function's variables up to three hours earlier, and then
 * orders one of the last ten.
 */
import { isBundleKey, isConfigurationKey, isSetupKey } from "../../../contract/shared/host-bundle";
import { PERSISTENT_TIMING } from "../../../contract/persistent-runner/timing";
import type { StoredBundle } from "../../shared/aws/stored-bundles";
import { unneeded } from "../../shared/aws/unneeded-bundles";
import type { Clock } from "../../shared/lambda/clock";
import { type Observer, reasonOf } from "../../shared/lambda/observer";
import { within } from "../../shared/lambda/timeout";
import type { StartSettings } from "../shared/settings";

export interface ObjectPorts {
  clock: Clock;
  stored(bucket: string): Promise<StoredBundle[]>;
  delete(bucket: string, key: string): Promise<void>;
}

/** Never rejects: the machine is provisioned. */
export async function sweepObjects(ports: ObjectPorts, settings: StartSettings, { log }: Pick<Observer, "log">): Promise<void> {
  const { bundle, configuration, setupKey } = settings;
  const kinds = [
    { is: isBundleKey, deployed: bundle.key },
    { is: isConfigurationKey, deployed: configuration.key },
    { is: isSetupKey, ...(setupKey !== undefined && { deployed: setupKey }) },
  ];
  let deleted = 0;
  try {
    await within(ports.clock, "deleting former objects", PERSISTENT_TIMING.controlBound * 1000, async (signal) => {
      const stored = await ports.stored(bundle.bucket);
      for (const { is, ...deployed } of kinds) {
        const ofKind = stored.filter(({ key }) => is(key));
        for (const { key } of unneeded(ofKind, deployed, ports.clock.now())) {
          signal.throwIfAborted();
          await ports.delete(bundle.bucket, key);
          deleted += 1;
        }
      }
    });
    log.info("objects of former deployments were deleted", { deleted });
  } catch (error) {
    log.warn("objects of former deployments could not be deleted; the next provisioning tries again", { deleted, reason: reasonOf(error) });
  }
}
