import { METRIC } from "../../../contract/actions-runner-pool/metrics";
import { isBundleKey, isSetupKey } from "../../../contract/shared/host-bundle";
import type { StoredBundle } from "../../shared/aws/stored-bundles";
import { type Deployed, unneeded } from "../../shared/aws/unneeded-bundles";
import type { Clock } from "../../shared/lambda/clock";
import { type Observer, reasonOf } from "../../shared/lambda/observer";
import { within } from "../../shared/lambda/timeout";

export interface BundleSweepPorts {
  /** The host bundles and setup scripts that it holds. */
  bundles(bucket: string): Promise<StoredBundle[]>;
  deleteBundle(bucket: string, key: string): Promise<void>;
  clock: Clock;
}

/** What the deployment says about the group: its host bundle, and its setup script. */
export interface DeployedBundle extends Deployed {
  bucket: string;
  deployed: string;
  setup?: Deployed;
}

const BOUND_MS = 60_000;

/**
 * Deletes host bundles that no launch template version needs any more: neither the group's nor the one before it, nor the
 * last ten, to which Auto Scaling or an operator may roll an instance refresh back. A bundle is about 0.6 MB, so keeping one
 * too many costs nothing, and deleting one too many leaves a group that boots nothing. The same holds for setup scripts.
 *
 * Never throws: the deployment is complete by now.
 */
export async function sweepBundles(ports: BundleSweepPorts, given: DeployedBundle, { log, count }: Observer): Promise<void> {
  let deleted = 0;
  try {
    await within(ports.clock, "sweeping host bundles", BOUND_MS, async (signal) => {
      const stored = await ports.bundles(given.bucket);
      const now = ports.clock.now();
      const scripts = stored.filter(({ key }) => isSetupKey(key));
      // Scripts change more often than bundles, which they must not push out of the last ten.
      const bundles = stored.filter(({ key }) => isBundleKey(key));
      for (const { key } of [...unneeded(bundles, given, now), ...unneeded(scripts, given.setup ?? {}, now)]) {
        signal.throwIfAborted();
        await ports.deleteBundle(given.bucket, key);
        deleted += 1;
      }
    });
    log.info("host bundles swept", { deleted });
  } catch (error) {
    log.warn("old host bundles could not be deleted; the next deployment tries again", { deleted, reason: reasonOf(error) });
    count(METRIC.sweepErrors);
  }
}
