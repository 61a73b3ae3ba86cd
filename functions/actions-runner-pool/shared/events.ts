import { DETAIL_TYPE, EVENT_SOURCE, type InstanceLocation } from "../../../contract/aws/lifecycle";
import type { PoolNames } from "../../../contract/actions-runner-pool/names";

export interface LifecycleEvent {
  instanceId: string;
  token: string;
  /** Absent in older events: never rely on `origin` and `destination` alone. */
  origin?: InstanceLocation;
  destination?: InstanceLocation;
}

export type PoolEvent =
  | ({ kind: "launching" } & LifecycleEvent)
  | ({ kind: "terminating" } & LifecycleEvent)
  | { kind: "terminated"; instanceId: string }
  /** Well-formed, but not for this pool; ignore it. */
  | { kind: "foreign"; reason: string }
  /** Not shaped as AWS documents it. Do not guess; a retry would not help. */
  | { kind: "malformed"; problem: string };

const INSTANCE_ID = /^i-[0-9a-f]{8,17}$/;
const LOCATIONS: readonly string[] = ["EC2", "AutoScalingGroup", "WarmPool"] satisfies InstanceLocation[];

export function isInstanceId(value: unknown): value is string {
  return typeof value === "string" && INSTANCE_ID.test(value);
}

/** Parses an EventBridge event of Auto Scaling from the point of view of one pool. Never throws. */
export function parsePoolEvent(event: unknown, names: PoolNames): PoolEvent {
  if (!isRecord(event)) return malformed("the event is not an object");
  if (event.source !== EVENT_SOURCE) return foreign(`source is ${show(event.source)}`);
  const { detail } = event;
  if (!isRecord(detail)) return malformed("detail is not an object");
  if (typeof detail.AutoScalingGroupName !== "string") return malformed("detail.AutoScalingGroupName is not a string");
  if (detail.AutoScalingGroupName !== names.group) return foreign(`group is ${show(detail.AutoScalingGroupName)}`);
  if (!isInstanceId(detail.EC2InstanceId)) return malformed(`detail.EC2InstanceId is ${show(detail.EC2InstanceId)}`);
  switch (event["detail-type"]) {
    case DETAIL_TYPE.launching:
      return lifecycleEvent("launching", names.launchHook, detail.EC2InstanceId, detail);
    case DETAIL_TYPE.terminating:
      return lifecycleEvent("terminating", names.terminateHook, detail.EC2InstanceId, detail);
    case DETAIL_TYPE.terminated:
      return { kind: "terminated", instanceId: detail.EC2InstanceId };
    default:
      return foreign(`detail-type is ${show(event["detail-type"])}`);
  }
}

/** Fields for every log line about an event. Accepts events of any shape. */
export function eventFields(event: unknown): { instanceId?: string; lifecycleActionToken?: string } {
  const detail = isRecord(event) && isRecord(event.detail) ? event.detail : {};
  return {
    ...(isInstanceId(detail.EC2InstanceId) ? { instanceId: detail.EC2InstanceId } : {}),
    ...(typeof detail.LifecycleActionToken === "string" ? { lifecycleActionToken: detail.LifecycleActionToken.slice(0, 64) } : {}),
  };
}

function lifecycleEvent(kind: "launching" | "terminating", hook: string, instanceId: string, detail: Record<string, unknown>): PoolEvent {
  if (typeof detail.LifecycleHookName !== "string") return malformed("detail.LifecycleHookName is not a string");
  // The operator may add hooks to the group; their actions are not this pool's to handle.
  if (detail.LifecycleHookName !== hook) return foreign(`hook is ${show(detail.LifecycleHookName)}`);
  if (typeof detail.LifecycleActionToken !== "string" || detail.LifecycleActionToken === "") {
    return malformed(`detail.LifecycleActionToken is ${show(detail.LifecycleActionToken)}`);
  }
  for (const field of ["Origin", "Destination"] as const) {
    const location = detail[field];
    if (location !== undefined && !(typeof location === "string" && LOCATIONS.includes(location))) {
      return malformed(`detail.${field} is ${show(location)}`);
    }
  }
  return {
    kind,
    instanceId,
    token: detail.LifecycleActionToken,
    ...(detail.Origin !== undefined ? { origin: detail.Origin as InstanceLocation } : {}),
    ...(detail.Destination !== undefined ? { destination: detail.Destination as InstanceLocation } : {}),
  };
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);
const malformed = (problem: string): PoolEvent => ({ kind: "malformed", problem });
const foreign = (reason: string): PoolEvent => ({ kind: "foreign", reason });
/** Truncated, because an event may contain anything. */
const show = (value: unknown): string => (value === undefined ? "absent" : (JSON.stringify(value) ?? typeof value).slice(0, 80));
