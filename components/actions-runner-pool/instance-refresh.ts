import type { PoolSettings } from "./settings";

/** How an instance refresh brings a new version of the launch template to the instances. */
export function refreshPreferences({ instanceRefresh }: PoolSettings) {
  return {
    minHealthyPercentage: instanceRefresh.minHealthyPercentage,
    maxHealthyPercentage: instanceRefresh.maxHealthyPercentage,
    scaleInProtectedInstances: instanceRefresh.protectedInstances,
    standbyInstances: "Wait",
    skipMatching: true,
    // An instance enters service only once it is registered, so nothing is left to warm up.
    instanceWarmup: 0,
  } as const;
}
