import type { PoolSettings } from "./settings";

/** How a new version of the launch template reaches the instances. */
export function refreshPreferences({ instanceRefresh }: PoolSettings) {
  return {
    minHealthyPercentage: instanceRefresh.minHealthyPercentage,
    maxHealthyPercentage: instanceRefresh.maxHealthyPercentage,
    scaleInProtectedInstances: instanceRefresh.protectedInstances,
    standbyInstances: "Wait",
    skipMatching: true,
    // An instance is in service only once it is registered: there is nothing left to warm up.
    instanceWarmup: 0,
  } as const;
}
