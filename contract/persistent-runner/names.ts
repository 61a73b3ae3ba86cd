/** Physical names of one PersistentRunner, derived from its name in one place: policies and functions name what is created after them. */
export interface PersistentRunnerNames {
  readonly leaseTable: string;
  readonly controlFunction: string;
  readonly reapFunction: string;
  /** The machine's changes of state, which release a lease as soon as the machine is off. */
  readonly stateRule: string;
  readonly reapRule: string;
  readonly deadLetterQueue: string;
  /** What the machine is started for; see `BootOrder`. Outside `ci-runners/`, where each pool's sweep removes what no instance owns. */
  readonly orderSecret: string;
  /** Only with `hostLogs`. */
  readonly hostLogGroup: string;
}

export function persistentRunnerNames(name: string): PersistentRunnerNames {
  return {
    leaseTable: `${name}-lease`,
    controlFunction: `${name}-control`,
    reapFunction: `${name}-reap`,
    stateRule: `${name}-state`,
    reapRule: `${name}-reap`,
    deadLetterQueue: `${name}-dead-letters`,
    orderSecret: `ci-runners-order/${name}`,
    hostLogGroup: `/ci-runners/${name}`,
  };
}

/** AWS's limit on the length of each name, in characters. DynamoDB tables: 255; Lambda functions and EventBridge rules: 64; SQS queues: 80. */
export const PERSISTENT_RUNNER_NAME_LIMITS: Readonly<Record<keyof PersistentRunnerNames, number>> = {
  leaseTable: 255,
  controlFunction: 64,
  reapFunction: 64,
  stateRule: 64,
  reapRule: 64,
  deadLetterQueue: 80,
  orderSecret: 512,
  hostLogGroup: 512,
};

/** On every resource of a PersistentRunner, its instance and volumes. Policies use it to limit their scope. */
export const PERSISTENT_RUNNER_TAG = "ci-runners:persistent-runner";

/**
 * The label by which alone a run's job reaches the machine, for both registrations. It is new at each start, so that neither a job of an
 * earlier run nor one that GitHub assigned to a runner which is off can come to this one, and random, so that no one can ask for it before.
 *
 * @param random 12 hex digits
 */
export function bootLabel(name: string, random: string): string {
  return `${name}-${random}`;
}

/** Digits of the random part of a label. */
export const LABEL_DIGITS = 12;

/** GitHub's limit on the name of a runner, in characters. With registration `jit` the label is the runner's name, too; labels may be longer. */
export const RUNNER_NAME_LIMIT = 64;

/** Name of the runner at GitHub with registration `service`, which outlives the machine's boots. Jobs reach it by `bootLabel` alone. */
export function serviceRunner(name: string): string {
  return name;
}
