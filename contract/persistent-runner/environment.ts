import { GITHUB_ENV } from "../shared/github-environment";

/** Environment variables that the component sets and its functions read. An absent variable is not configured. */
export const PERSISTENT_ENV = {
  /** Every name in AWS derives from it: `persistentRunnerNames`. */
  name: "PERSISTENT_RUNNER_NAME",
  ...GITHUB_ENV,
  instanceId: "INSTANCE_ID",
  /** Unique id (AROA...) of the machine's role, for the owner tag of the order's secret. */
  hostRoleId: "HOST_ROLE_ID",
  /** JSON of a list: the `sub` of each workflow that may call. */
  subjects: "SUBJECTS",
  /** JSON of a list: the preferred type first. */
  instanceTypes: "INSTANCE_TYPES",
  /** `jit` or `service`. */
  registration: "REGISTRATION",
  /** Name of a runner group of the organization. */
  runnerGroup: "RUNNER_GROUP",
  /** JSON of `PersistentTimeouts`. */
  timeouts: "TIMEOUTS",
  /** JSON of a PinnedObject: the host bundle. */
  bundle: "HOST_BUNDLE",
  /** JSON of a PinnedObject: the machine's configuration. */
  configuration: "HOST_CONFIGURATION",
  /** Key of the setup script in the bundle's bucket, which the configuration names; absent without one. */
  setupKey: "SETUP_SCRIPT_KEY",
  /** ARN of the customer's key for the order's secret. */
  secretKmsKeyArn: "ORDER_SECRET_KMS_KEY_ARN",
} as const;

/** Chosen by the user, in seconds; see the arguments of the same names. */
export interface PersistentTimeouts {
  bootTimeout: number;
  firstBootTimeout: number;
  idleStopTimeout: number;
  maxSession: number;
}

/** File beside the code of the control function, with the component's tags as a JSON object, for the secret that it creates. */
export const ORDER_SECRET_TAGS_FILE = "secret-tags.json";
