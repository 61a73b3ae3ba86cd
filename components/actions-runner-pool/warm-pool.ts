import type { PoolSettings } from "./settings";

/** The warm pool's configuration; undefined without a warm pool. */
export function warmPoolConfiguration({ warmPool }: PoolSettings) {
  return (
    warmPool && {
      poolState: warmPool.state,
      minSize: warmPool.minSize,
      maxGroupPreparedCapacity: warmPool.maxPreparedCapacity,
      instanceReusePolicy: { reuseOnScaleIn: warmPool.reuseOnScaleIn },
    }
  );
}
