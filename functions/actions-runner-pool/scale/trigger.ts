import type { RegisterPoolInput } from "../../../contract/actions-runner-pool/demand";
import type { InvocationLifecycle } from "../../../contract/actions-runner-pool/final-sweep";
import { DEMAND_EVENT } from "../../../contract/workflow-jobs/demand-event";

/** Why the function was invoked. */
export type ScaleTrigger =
  /** The schedule, or an operator's manual invocation. */
  | { kind: "schedule" }
  /** The demand has changed. */
  | { kind: "demand" }
  /** The stack makes the pool known to its source. Its content was not checked yet. */
  | { kind: "register"; registration: unknown }
  | { kind: "unregister" }
  | { kind: "nothing"; reason: string }
  /** Not shaped as documented. A retry would not help. */
  | { kind: "malformed"; problem: string };

const TASK: RegisterPoolInput["task"] = "register-pool";
const SCHEDULER = "aws.events";

/** Never throws. An event with the provider's key `tf` is never a pass. */
export function scaleTrigger(event: unknown, pool: string): ScaleTrigger {
  if (!isRecord(event)) return { kind: "malformed", problem: "the event is not an object" };
  if ("tf" in event) return invocation(event, pool);
  if (event.source === undefined || event.source === SCHEDULER) return { kind: "schedule" };
  if (event.source !== DEMAND_EVENT.source) return { kind: "nothing", reason: `source is ${show(event.source)}` };
  if (event["detail-type"] !== DEMAND_EVENT.detailType) return { kind: "nothing", reason: `detail-type is ${show(event["detail-type"])}` };
  if (!isRecord(event.detail) || typeof event.detail.pool !== "string")
    return { kind: "malformed", problem: "detail.pool is not a string" };
  return event.detail.pool === pool ? { kind: "demand" } : { kind: "nothing", reason: `pool is ${show(event.detail.pool)}` };
}

function invocation({ tf, pool: target, task, registration }: Record<string, unknown>, pool: string): ScaleTrigger {
  if (target !== pool) return { kind: "nothing", reason: "the invocation is for another pool" };
  if (task !== TASK) return { kind: "nothing", reason: "unknown task" };
  const action = isRecord(tf) ? (tf.action as InvocationLifecycle["action"]) : undefined;
  switch (action) {
    case "create":
    case "update":
      return { kind: "register", registration };
    case "delete":
      return { kind: "unregister" };
    default:
      return { kind: "nothing", reason: "tf.action is not create, update or delete" };
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);
/** Truncated, because an event may contain anything. */
const show = (value: unknown): string => (value === undefined ? "absent" : (JSON.stringify(value) ?? typeof value).slice(0, 80));
