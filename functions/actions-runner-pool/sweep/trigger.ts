import type { InvocationLifecycle } from "../../../contract/actions-runner-pool/final-sweep";

/** Why the function runs. */
export type SweepTrigger =
  /** The schedule fired, or an operator invoked it by hand. */
  | { kind: "schedule" }
  /** The pool is being deleted, and its group is gone already. */
  | { kind: "final" }
  | { kind: "nothing"; reason: string };

const ACTIONS: readonly unknown[] = ["create", "update", "delete"] satisfies InvocationLifecycle["action"][];

/** Tells the stack's invocations from the schedule's. What bears the provider's mark is never taken for a schedule. */
export function sweepTrigger(event: unknown, pool: string): SweepTrigger {
  if (!isRecord(event) || !("tf" in event)) return { kind: "schedule" };
  const action = isRecord(event.tf) ? event.tf.action : undefined;
  if (!ACTIONS.includes(action)) return { kind: "nothing", reason: "tf.action is none of create, update and delete" };
  if (event.pool !== pool) return { kind: "nothing", reason: "the invocation is for another pool" };
  return action === "delete" ? { kind: "final" } : { kind: "nothing", reason: `${action} of the stack's invocation` };
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);
