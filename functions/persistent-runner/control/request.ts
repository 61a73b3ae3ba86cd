import type { ControlRequest, PostponedRequest, ProvisionRequest } from "../../../contract/persistent-runner/control";

/** What of it matters to the function. */
export type ProvisionCall = Omit<ProvisionRequest, "postponed">;

/** Whoever may invoke the function may send anything. @throws for a provisioning, because `pulumi up` sees errors alone */
export function parseRequest(event: unknown): ControlRequest | ProvisionCall | PostponedRequest | { problem: string } {
  if (typeof event !== "object" || event === null) return { problem: "the request is no object" };
  const { action } = event as { action?: unknown };
  if (action === "start" || action === "stop") return parseControl(action, event as Record<string, unknown>);
  if (action === "provision") return parseProvision(event as Record<string, unknown>);
  if (action === "postponed") return { action };
  return { problem: 'the request\'s action must be "start", "stop", "provision" or "postponed"' };
}

function parseControl(action: "start" | "stop", { token, force }: Record<string, unknown>): ControlRequest | { problem: string } {
  if (typeof token !== "string" || token === "") {
    return { problem: "the request has no token: request GitHub's OIDC token in the job, with the permission id-token: write" };
  }
  if (force !== undefined && typeof force !== "boolean") return { problem: "the request's force must be true or false" };
  return { action, token, ...(force !== undefined && { force }) };
}

function parseProvision({ instanceId, digest, wait, last }: Record<string, unknown>): ProvisionCall {
  const complete = typeof instanceId === "string" && typeof digest === "string" && typeof last === "boolean";
  if (!complete || typeof wait !== "number" || !(wait > 0)) {
    throw new Error("a request to provision must have instanceId, digest, last, and wait, a positive number of seconds");
  }
  return { action: "provision", instanceId, digest, wait, last };
}
