import type { PoolSettings } from "./settings";

/** The warm pool, or none. */
export function warmPoolConfiguration({ warmPool }: PoolSettings) {
  return (
    warmPool && {
      poolState: warmPool.state,
      minSize: warmPool.minSize,
      maxGroupPreparedCapacity: warmPool.maxPreparedCapacity,
      // A runner that has run jobs is not clean enough to come back.
      instanceReusePolicy: { reuseOnScaleIn: false },
    }
  );
}
