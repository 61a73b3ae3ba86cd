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
  /** ARN of the customer's key for registration secrets. */
  secretKmsKeyArn: "REGISTRATION_SECRET_KMS_KEY_ARN",
  /** Name of the log group of the hosts; absent without `hostLogs`. */
  hostLogGroup: "HOST_LOG_GROUP",
  /** Name of the ledger's table, from which the scaler reads the queue. */
  workflowJobsTable: "WORKFLOW_JOBS_TABLE",
  /** JSON of `DemandSettings`, for the scaler. */
  demand: "DEMAND",
} as const;

/**
 * File beside the code of the functions that create registration secrets, with the pool's tags as a JSON object: a Service
 * Control Policy may demand tags in the call that creates a resource. Not a variable, because all variables of a function
 * together may have 4 KB, and 50 tags may have 19.
 */
export const SECRET_TAGS_FILE = "secret-tags.json";
