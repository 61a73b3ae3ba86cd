/** Faults of what a pool with demand depends on. Each function returns the one that ends the fault. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Principal, Shape } from "../../../../rehearsal/aws/api";
import { labelOf } from "../../../../rehearsal/aws/gateway";
import type { UrlReply } from "../../../../rehearsal/aws/lambda/function-url-reply";
import type { DemandPool } from "./demand-harness";

type End = () => void;

const FUNCTION = "aws:lambda/function:Function";
const RULE = "aws:cloudwatch/eventRule:EventRule";

/** Changes the state of one deployed resource, as someone in the console would. */
function change({ aws }: DemandPool, type: string, name: string, state: Record<string, unknown>): End {
  const before = aws.store.list(type).find((one) => one.state["name"] === name);
  if (!before) throw new Error(`there is no ${type} ${name}`);
  aws.store.put({ ...before, state: { ...before.state, ...state } });
  return () => aws.store.put(before);
}

/** The function's code does not load: each invocation fails. */
export function breakBundle(pool: DemandPool, name: string): End {
  const codeDir = mkdtempSync(join(tmpdir(), "cir-broken-"));
  writeFileSync(join(codeDir, "index.mjs"), `throw new Error("broken bundle");`);
  return change(pool, FUNCTION, name, { codeDir });
}

/** Lambda refuses each synchronous invocation, as it does when the account's concurrency is used up. */
export function withoutConcurrency(pool: DemandPool, name: string): End {
  return change(pool, FUNCTION, name, { reservedConcurrentExecutions: 0 });
}

/** The rule's schedule is switched off. */
export function withoutSchedule(pool: DemandPool, rule: string): End {
  return change(pool, RULE, rule, { state: "DISABLED" });
}

/** Handles each delivery: at once, later, or not at all. */
export function interceptDeliveries(
  { aws }: DemandPool,
  handler: (headers: Readonly<Record<string, string>>, through: () => Promise<UrlReply>) => Promise<UrlReply>,
): End {
  const { functionUrls } = aws;
  const request = functionUrls.request;
  functionUrls.request = (one) => handler(one.headers as Record<string, string>, () => request.call(functionUrls, one));
  return () => void (functionUrls.request = request);
}

/** Handles each call to AWS: it may let it through once, twice or never. */
export function interceptCalls(
  { aws }: DemandPool,
  handler: (call: { principal: string; action: string }, through: () => Promise<Shape>) => Promise<Shape>,
): End {
  const { gateway } = aws;
  const call = gateway.call;
  gateway.call = (principal: Principal, action, params) =>
    handler({ principal: labelOf(principal), action }, () => call.call(gateway, principal, action, params));
  return () => void (gateway.call = call);
}

/** EC2 has no capacity: each launch fails before there is a machine. */
export function withoutCapacity({ aws }: DemandPool): End {
  const { fleet } = aws;
  const create = fleet.create;
  const launchFailure = "We currently do not have sufficient t3.medium capacity in the Availability Zone you requested (us-east-1a).";
  fleet.create = (request) => create.call(fleet, { ...request, launchFailure });
  return () => void (fleet.create = create);
}
