/**
 * The last sweep of a pool. A resource of the stack invokes the sweep function when it is created, updated and deleted. It
 * depends on the functions and the group depends on it, so it is deleted after the group and before the functions.
 */

/** Input of the invocation. It must be the same on each run, or each `pulumi up` would show a change. */
export interface FinalSweepInput {
  /** Name of the pool; the function serves one pool and ignores any other name. */
  pool: string;
}

/** Input of a second invocation, which depends on the group: its deletion comes first, and may refuse that of the group. */
export interface DestroyCheckInput extends FinalSweepInput {
  check: "destroy";
}

/**
 * Answer to an operator who invokes the function with a DestroyCheckInput: what a deletion would wait for. Pulumi shows nothing
 * of the deletion's own check but its refusal, because an invocation that is deleted has no result.
 */
export interface DestroyPlan {
  /** In the group and its warm pool. */
  instances: number;
  /** Those in service with a job. */
  busy: number;
  /** Those that already wait for their job. */
  draining: number;
  /** Seconds after which the last of them is stopped with its job: `maxDrain` and a margin; 0 without any. */
  longestWaitSeconds: number;
  /** What only an operator can end, each with its command; the deletion would be refused. */
  obstacles: string[];
}

/** What the AWS provider adds to the input of an invocation with the lifecycle scope `CRUD`, under the key `tf`. */
export interface InvocationLifecycle {
  action: "create" | "update" | "delete";
  /** The previous input; null on create. */
  prev_input: FinalSweepInput | null;
}

/** Response of the function to a deletion; it never makes the deletion fail. */
export interface FinalSweepResult {
  runnersDeleted: number;
  secretsDeleted: number;
  /** What could not be removed, each with the reason. */
  left: string[];
}
