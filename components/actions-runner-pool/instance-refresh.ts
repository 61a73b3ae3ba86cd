import type { RefreshPreferences } from "../../contract/actions-runner-pool/instance-refresh";
import type { PoolSettings } from "./settings";

/** The preferences of every instance refresh of the pool, of a deployment and of the sweep. */
export function refreshPreferences({ instanceRefresh }: PoolSettings): RefreshPreferences {
  return {
    minHealthyPercentage: instanceRefresh.minHealthyPercentage,
    maxHealthyPercentage: instanceRefresh.maxHealthyPercentage,
    scaleInProtectedInstances: instanceRefresh.protectedInstances,
    standbyInstances: "Wait",
    skipMatching: true,
    // An instance enters service only once it is registered, so nothing is left to warm up.
    instanceWarmup: 0,
  };
}
