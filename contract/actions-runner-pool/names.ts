/**
 * Every name that one program writes and another reads, derived from the pool's name in one place. The component
 * creates resources under these names, and the functions and the agent look them up: a name that is spelled twice can
 * drift.
 */

/** Physical names of one pool. Explicit, because event patterns and policies must name a group that is created after them. */
export interface PoolNames {
  readonly group: string;
  readonly launchHook: string;
  readonly terminateHook: string;
  readonly registerFunction: string;
  readonly deregisterFunction: string;
  readonly sweepFunction: string;
  /** Only of a pool with a source of demand, as are its two rules. */
  readonly scaleFunction: string;
  readonly launchRule: string;
  readonly terminateRule: string;
  readonly terminatedRule: string;
  readonly sweepRule: string;
  readonly demandRule: string;
  readonly scaleRule: string;
  readonly deadLetterQueue: string;
  readonly stopDocument: string;
  /** Only of a pool with a source of demand. */
  readonly dashboard: string;
  /** Only of a pool with `hostLogs`. Each host writes a stream with its instance's id. */
  readonly hostLogGroup: string;
  /** Registration tokens are stored under `<prefix><instance id>`. */
  readonly secretPrefix: string;
}

export function poolNames(pool: string): PoolNames {
  return {
    group: pool,
    launchHook: `${pool}-launch`,
    terminateHook: `${pool}-terminate`,
    registerFunction: `${pool}-register`,
    deregisterFunction: `${pool}-deregister`,
    sweepFunction: `${pool}-sweep`,
    scaleFunction: `${pool}-scale`,
    launchRule: `${pool}-launching`,
    terminateRule: `${pool}-terminating`,
    terminatedRule: `${pool}-terminated`,
    sweepRule: `${pool}-sweep`,
    demandRule: `${pool}-demand`,
    scaleRule: `${pool}-scale`,
    deadLetterQueue: `${pool}-dead-letters`,
    stopDocument: `${pool}-stop-runner`,
    dashboard: pool,
    hostLogGroup: `/ci-runners/${pool}`,
    secretPrefix: `ci-runners/${pool}/`,
  };
}

/**
 * AWS's limit on the length of each name, in characters. Lambda functions and EventBridge rules: 64; lifecycle hooks,
 * groups and dashboards: 255; SQS queues: 80; SSM documents: 128; log groups: 512; secrets: 512 (an instance id takes 19 of
 * them).
 */
export const NAME_LIMITS: Readonly<Record<keyof PoolNames, number>> = {
  group: 255,
  launchHook: 255,
  terminateHook: 255,
  registerFunction: 64,
  deregisterFunction: 64,
  sweepFunction: 64,
  scaleFunction: 64,
  launchRule: 64,
  terminateRule: 64,
  terminatedRule: 64,
  sweepRule: 64,
  demandRule: 64,
  scaleRule: 64,
  deadLetterQueue: 80,
  stopDocument: 128,
  dashboard: 255,
  hostLogGroup: 512,
  secretPrefix: 512 - 19,
};

/** Name of the secret that holds one instance's registration token. */
export function registrationSecretName(secretPrefix: string, instanceId: string): string {
  return `${secretPrefix}${instanceId}`;
}

/**
 * Name of the secret with the registration token that the pool's functions share. No instance's, so that no host's policy
 * opens it.
 */
export function sharedTokenName(secretPrefix: string): string {
  return `${secretPrefix}shared-token`;
}

/** Owner tag of that secret. No credentials have it as their `aws:userid`. */
export const SHARED_TOKEN_OWNER = "functions";

/**
 * On every resource of a pool but the host bundle, and on every instance, volume and network interface; policies and the SSM
 * stop use it to limit their scope.
 */
export const POOL_TAG = "ci-runners:pool";
