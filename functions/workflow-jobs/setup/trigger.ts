import { type CheckInput, type RotateInput, type SetupInput, WebhookScope } from "../../../contract/workflow-jobs/webhook";

/** Why the function was invoked. */
export type SetupTrigger =
  | { kind: "check"; scope: WebhookScope; takeOver: boolean; rerunLostJobs: boolean }
  /** @property previous what the resource's input was before, if it changed. */
  | { kind: "own" | "release"; hook: Owned; takeOver: boolean; creates: boolean; previous?: Owned }
  | { kind: "rotate" }
  | { kind: "nothing"; reason: string };

export interface Owned {
  scope: WebhookScope;
  /** The function URL. */
  url: string;
  /** As in SetupInput. */
  app?: string;
  account?: string;
}

const CHECK: CheckInput["task"] = "check-app";
const OWN: SetupInput["task"] = "own-webhook";
const ROTATE: RotateInput["task"] = "rotate-secret";

/**
 * Distinguishes the stack's invocations, which the AWS provider marks with the key `tf`, from an operator's. Without the key,
 * `own-webhook` repairs what someone has changed at GitHub.
 */
export function setupTrigger(event: unknown, workflowJobs: string): SetupTrigger {
  if (!isRecord(event)) return nothing("the input is not an object");
  if (event.workflowJobs !== workflowJobs) return nothing("the invocation is for another component");
  const { task, tf } = event;
  const action = isRecord(tf) ? tf.action : "update";
  if (task === ROTATE) return { kind: "rotate" };
  if (action !== "create" && action !== "update" && action !== "delete") return nothing("tf.action is not create, update or delete");
  if (task === CHECK) {
    const scope = scopeOf(event);
    if (action === "delete") return nothing("delete of a check");
    if (!scope) return nothing("scope is unknown");
    return { kind: "check", scope, takeOver: event.takeOver === true, rerunLostJobs: event.rerunLostJobs === true };
  }
  if (task !== OWN) return nothing("the task is unknown");
  const hook = ownedBy(event);
  if (!hook) return nothing("url or scope is absent or unknown");
  const previous = isRecord(tf) ? ownedBy(tf.prev_input) : undefined;
  const kind = action === "delete" ? "release" : "own";
  return { kind, hook, takeOver: event.takeOver === true, creates: action === "create", ...(previous ? { previous } : {}) };
}

function ownedBy(input: unknown): Owned | undefined {
  if (!isRecord(input) || typeof input.url !== "string" || !URL.canParse(input.url)) return undefined;
  const { url, app, account } = input;
  const scope = scopeOf(input);
  return scope && { scope, url, ...(typeof app === "string" ? { app } : {}), ...(typeof account === "string" ? { account } : {}) };
}

function scopeOf({ scope }: Record<string, unknown>): WebhookScope | undefined {
  return Object.values(WebhookScope).find((one) => one === scope);
}

const nothing = (reason: string): SetupTrigger => ({ kind: "nothing", reason });
const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);
