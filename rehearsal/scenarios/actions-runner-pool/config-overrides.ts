import { USUAL_ROOT_VOLUME_GIB } from "../../../components/actions-runner-pool/root-volume";
import { FOLLOWS_MAIN } from "../../../contract/shared/release";
import type { RehearsalOptions } from "../../rehearsal-options";
import type { PoolConfiguration } from "./pool-configuration";

/**
 * Rehearses the stack's configuration unchanged, except for what cannot be real here: the runner, whose archive
 * is our stand-in and has its own checksum; the sizes, which the command line sets; the pin,
 * because the rehearsal deploys this checkout; the versions of packages, because machines are Debian's and its archive has one of each;
 * and, with a proxy, the authorities that hosts trust, to which the proxy's own is added.
 */
export function configOverrides(
  options: RehearsalOptions,
  pool: PoolConfiguration,
  runnerSha256: string,
  proxyAuthority?: string,
): Record<string, unknown> {
  return {
    release: FOLLOWS_MAIN,
    desiredCapacity: options.instances,
    // A scale-in needs room below the desired capacity, a refresh above it.
    minSize: Math.min(pool.minSize, Math.max(options.instances - 1, 0)),
    maxSize: Math.max(pool.maxSize, options.instances + 1),
    // One instance, whatever the stack configures: a laptop is smaller than a Region.
    warmPool: pool.warmPoolState && {
      state: pool.warmPoolState,
      minSize: 1,
      maxPreparedCapacity: 1,
      reuseOnScaleIn: pool.reuseOnScaleIn,
    },
    // A later update adds it: a pool that follows its queue would undo the scale-ins of the first phases.
    demand: {},
    caBundle: proxyAuthority && [pool.caBundle, proxyAuthority].join("\n"),
    packages: pool.packages.length > 0 ? pool.packages : undefined,
    runnerVersion: pool.runnerVersion,
    runnerSha256: pool.runnerVersion !== undefined ? runnerSha256 : undefined,
  };
}

/** A change, as in a pull request, that creates a new version of the launch template. */
export function launchTemplateChange({ rootVolumeSize }: PoolConfiguration): Record<string, unknown> {
  return { rootVolumeSize: (rootVolumeSize || USUAL_ROOT_VOLUME_GIB) + 1 };
}
