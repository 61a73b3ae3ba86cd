import type { BundleSweepInput } from "../../../contract/actions-runner-pool/bundle-sweep";
import type { ReadinessInput } from "../../../contract/actions-runner-pool/readiness";
import type { DestroyCheckInput, InvocationLifecycle } from "../../../contract/actions-runner-pool/final-sweep";
import type { RefreshCancelInput } from "../../../contract/actions-runner-pool/instance-refresh";
import type { DeployedBundle } from "./bundle-sweep";

/** Why the function was invoked. */
export type SweepTrigger =
  /** The schedule, or an operator's manual invocation. */
  | { kind: "schedule" }
  /** The pool is being deleted; its group no longer exists. */
  | { kind: "final" }
  /** The pool is about to be deleted; its group still exists. */
  | { kind: "destroy-check" }
  /** The group is about to be updated with another launch template. */
  | { kind: "cancel-refresh" }
  /** The group has been updated, with another host bundle or setup script. */
  | ({ kind: "sweep-bundles" } & DeployedBundle)
  /** The pool has just been created; the deployment waits for its first instances. */
  | { kind: "readiness" }
  /** An operator asks what a deletion would wait for. */
  | { kind: "destroy-plan" }
  | { kind: "nothing"; reason: string };

const CHECK: DestroyCheckInput["check"] = "destroy";
const CANCEL: RefreshCancelInput["task"] = "cancel-refresh";
const BUNDLES: BundleSweepInput["task"] = "sweep-bundles";
const READINESS: ReadinessInput["check"] = "readiness";
const ACTIONS: readonly unknown[] = ["create", "update", "delete"] satisfies InvocationLifecycle["action"][];
const OTHER_POOL: SweepTrigger = { kind: "nothing", reason: "the invocation is for another pool" };

/** Distinguishes Pulumi's invocations from the schedule's. An event with the provider's key `tf` is never a schedule. */
export function sweepTrigger(event: unknown, pool: string): SweepTrigger {
  if (!isRecord(event)) return { kind: "schedule" };
  if (!("tf" in event)) {
    if (event.check === CHECK) return { kind: "destroy-plan" };
    if (event.check !== READINESS) return { kind: "schedule" };
    return event.pool === pool ? { kind: "readiness" } : OTHER_POOL;
  }
  const action = isRecord(event.tf) ? event.tf.action : undefined;
  if (!ACTIONS.includes(action)) return { kind: "nothing", reason: "tf.action is not create, update or delete" };
  if (event.pool !== pool) return OTHER_POOL;
  if (event.task !== undefined) return taskOf(event, action);
  if (action !== "delete") return { kind: "nothing", reason: `${String(action)} of the stack's invocation` };
  if (event.check === undefined) return { kind: "final" };
  return event.check === CHECK ? { kind: "destroy-check" } : { kind: "nothing", reason: "check is not destroy" };
}

/** A task precedes or follows an update. Its deletion must not be mistaken for that of the pool. */
function taskOf({ task, bucket, deployed, setup, tf }: Record<string, unknown>, action: unknown): SweepTrigger {
  if (action === "delete") return { kind: "nothing", reason: "delete of a task" };
  if (task === CANCEL) return { kind: CANCEL };
  if (task !== BUNDLES || typeof bucket !== "string" || typeof deployed !== "string") return { kind: "nothing", reason: "unknown task" };
  const before = isRecord(tf) && isRecord(tf.prev_input) ? tf.prev_input : {};
  const scripts = { ...text("deployed", setup), ...text("previous", before.setup) };
  const setups = Object.keys(scripts).length === 0 ? {} : { setup: scripts };
  return { kind: BUNDLES, bucket, deployed, ...text("previous", before.deployed), ...setups };
}

function text<Key extends string>(key: Key, value: unknown): { [K in Key]?: string } {
  return typeof value === "string" ? ({ [key]: value } as { [K in Key]: string }) : {};
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);
