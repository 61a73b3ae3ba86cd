import { GITHUB_ENV } from "../shared/github-environment";

/** Environment variables that the component sets on the functions and the functions read. Absent means: not configured. */
export const ENV = {
  pool: "POOL_NAME",
  ...GITHUB_ENV,
  /** Unique id (AROA...) of the instance role, for the owner tag of registration secrets. */
  hostRoleId: "HOST_ROLE_ID",
  /** Longest drain in seconds; the sweep reports actions that are older. */
  maxDrainSeconds: "MAX_DRAIN_SECONDS",
} as const;
