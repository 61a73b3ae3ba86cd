import { GITHUB_ENV } from "../shared/github-environment";

/** Environment variables that the component sets and the functions read. An absent variable is not configured. */
export const ENV = {
  pool: "POOL_NAME",
  ...GITHUB_ENV,
  /** Unique id (AROA...) of the instance role, for the owner tag of registration secrets. */
  hostRoleId: "HOST_ROLE_ID",
  /** Longest drain, in seconds; the sweep reports older lifecycle actions. */
  maxDrainSeconds: "MAX_DRAIN_SECONDS",
  /** JSON of `RefreshPreferences`, for the instance refreshes that the sweep starts. */
  refreshPreferences: "REFRESH_PREFERENCES",
  /** The runner's version that new instances install; absent if the runner is on their image. */
  runnerVersion: "RUNNER_VERSION",
} as const;
