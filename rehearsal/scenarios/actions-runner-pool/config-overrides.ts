import { FOLLOWS_MAIN } from "../../../contract/shared/release";
import type { RehearsalOptions } from "../../rehearsal-options";
import type { PoolConfiguration } from "./pool-configuration";

/**
 * The stack's configuration is rehearsed as it stands, but for what cannot be real here: the checksum of the runner,
 * which is our stand-in, sizes that the command line asks for, and the pin: what is rehearsed is the code at hand.
 */
export function configOverrides(options: RehearsalOptions, pool: PoolConfiguration, runnerSha256: string): Record<string, unknown> {
  return {
    release: FOLLOWS_MAIN,
    desiredCapacity: options.instances,
    // A scale-in needs room below, a refresh above.
    minSize: Math.min(pool.minSize, Math.max(options.instances - 1, 0)),
    maxSize: Math.max(pool.maxSize, options.instances + 1),
    // One spare, whatever the stack prepares: a laptop is smaller than a Region.
    warmPool: pool.warmPoolState && { state: pool.warmPoolState, minSize: 1, maxPreparedCapacity: 1 },
    runnerSha256: pool.downloadsRunner ? runnerSha256 : undefined,
  };
}

/** What a pull request would change so that new instances differ from old ones. */
export function launchTemplateChange({ rootVolumeSize }: PoolConfiguration): Record<string, unknown> {
  return { rootVolumeSize: rootVolumeSize + 1 };
}
