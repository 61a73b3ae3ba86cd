import { AwsError, type Shape } from "../aws/api";
import type { Clock } from "../clock";
import type { AutoScalingApi } from "./autoscaling-api";
import type { ResourceContext } from "./resource-type";

/** Milliseconds between two polls. The real provider backs off from 0.5 to 10 s, which would only slow a rehearsal down. */
const POLL_MS = 500;

/** The part of a resource's context that waiting for a group needs. */
export type GroupContext = Pick<ResourceContext, "autoscaling" | "timeoutSeconds" | "pause" | "now">;

/** For code that changes a group as the provider does, without an engine. */
export function groupContext(autoscaling: AutoScalingApi, clock: Clock, timeoutSeconds: number): GroupContext {
  return { autoscaling, timeoutSeconds, pause: (ms) => clock.sleep(ms), now: () => clock.now() };
}

export async function describeGroup(context: GroupContext, name: string): Promise<Shape | undefined> {
  const reply = await context.autoscaling.call("DescribeAutoScalingGroups", { AutoScalingGroupNames: [name] });
  const [group] = (reply.AutoScalingGroups as Shape[] | undefined) ?? [];
  return group;
}

export function instances(group: Shape): Shape[] {
  return (group.Instances as Shape[] | undefined) ?? [];
}

/** Polls until the check reports that it is done or the timeout has passed. */
export async function waitUntil(
  context: GroupContext,
  what: string,
  timeoutMs: number,
  check: () => Promise<{ done: boolean; seen: string }>,
): Promise<void> {
  const deadline = context.now() + timeoutMs;
  for (;;) {
    const { done, seen } = await check();
    if (done) return;
    if (context.now() >= deadline) throw new Error(`${what}: timeout after ${Math.round(timeoutMs / 1000)} s: ${seen}`);
    await context.pause(POLL_MS);
  }
}

/** Repeats a call while AWS returns that the group is busy. */
export async function whenNotBusy(context: GroupContext, what: string, timeoutMs: number, call: () => Promise<unknown>): Promise<void> {
  await waitUntil(context, what, timeoutMs, async () => {
    try {
      await call();
      return { done: true, seen: "" };
    } catch (error) {
      if (!isBusy(error)) throw error;
      return { done: false, seen: (error as Error).message };
    }
  });
}

function isBusy(error: unknown): boolean {
  return error instanceof AwsError && /^(ResourceInUse|ScalingActivityInProgress)/.test(error.code);
}

export function isMissing(error: unknown): boolean {
  return error instanceof AwsError && error.code === "ValidationError" && /not found|No warm pool found/.test(error.message);
}

/** A Go duration such as `10m`, `1h30m` or `0`, in seconds. */
export function durationSeconds(value: string): number {
  const units: Record<string, number> = { h: 3600, m: 60, s: 1 };
  if (value === "0") return 0;
  const parts = [...value.matchAll(/(\d+(?:\.\d+)?)(h|m|s)/g)];
  if (parts.length === 0 || parts.map(([all]) => all).join("") !== value) {
    throw new Error(`waitForCapacityTimeout: ${value} is not a duration such as 10m or 1h30m`);
  }
  return parts.reduce((sum, [, number, unit]) => sum + Number(number) * units[unit!]!, 0);
}
