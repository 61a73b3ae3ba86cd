/**
 * The last sweep of a pool. A resource of the stack invokes the sweep function over its own life and stands between
 * the group and the functions, so that its deletion comes when the group is gone and the functions are not.
 */

/** What the stack hands to the function. The same on each run, or each `pulumi up` would show a change. */
export interface FinalSweepInput {
  /** Name of the pool; the function serves one pool and does nothing for another. */
  pool: string;
}

/** What the AWS provider adds to the input of an invocation with the lifecycle scope `CRUD`, under the key `tf`. */
export interface InvocationLifecycle {
  action: "create" | "update" | "delete";
  /** The input as it was before; null at creation. */
  prev_input: FinalSweepInput | null;
}

/** What the function answers to a deletion; it never fails one. */
export interface FinalSweepResult {
  runnersDeleted: number;
  secretsDeleted: number;
  /** What could not be removed, each with the reason. */
  left: string[];
}
