import type { DestroyCheckInput, InvocationLifecycle } from "../../../contract/actions-runner-pool/final-sweep";

/** Why the function was invoked. */
export type SweepTrigger =
  /** The schedule, or an operator's manual invocation. */
  | { kind: "schedule" }
  /** The pool is being deleted; its group no longer exists. */
  | { kind: "final" }
  /** The pool is about to be deleted; its group still exists. */
  | { kind: "destroy-check" }
  /** An operator asks what a deletion would wait for. */
  | { kind: "destroy-plan" }
  | { kind: "nothing"; reason: string };

const CHECK: DestroyCheckInput["check"] = "destroy";
const ACTIONS: readonly unknown[] = ["create", "update", "delete"] satisfies InvocationLifecycle["action"][];

/** Distinguishes Pulumi's invocations from the schedule's. An event with the provider's key `tf` is never a schedule. */
export function sweepTrigger(event: unknown, pool: string): SweepTrigger {
  if (!isRecord(event)) return { kind: "schedule" };
  if (!("tf" in event)) return event.check === CHECK ? { kind: "destroy-plan" } : { kind: "schedule" };
  const action = isRecord(event.tf) ? event.tf.action : undefined;
  if (!ACTIONS.includes(action)) return { kind: "nothing", reason: "tf.action is not create, update or delete" };
  if (event.pool !== pool) return { kind: "nothing", reason: "the invocation is for another pool" };
  if (action !== "delete") return { kind: "nothing", reason: `${String(action)} of the stack's invocation` };
  if (event.check === undefined) return { kind: "final" };
  return event.check === CHECK ? { kind: "destroy-check" } : { kind: "nothing", reason: "check is not destroy" };
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);
