import type { Shape } from "../aws/api";
import { describeGroup, durationSeconds, type GroupContext, instances, waitUntil } from "./group-waits";
import { text } from "./resource-type";
import type { Properties } from "./values";

/** At creation at least that many instances must be in service. */
export function atLeast(given: Properties): (healthy: number) => string | undefined {
  const wanted = given.desiredCapacity > 0 ? given.desiredCapacity : given.minSize;
  return (healthy) =>
    healthy >= wanted ? undefined : `want at least ${wanted} healthy instance(s) in Auto Scaling Group, have ${healthy}`;
}

/**
 * On an update exactly that many: the desired capacity as the state knows it, even if scaling has changed it since.
 * A group that scaling has moved never has them.
 */
export function exactly(given: Properties, old: Properties): (healthy: number) => string | undefined {
  const wanted = Math.max(given.minSize, given.desiredCapacity ?? old.desiredCapacity ?? 0);
  return (healthy) =>
    healthy === wanted ? undefined : `want exactly ${wanted} healthy instance(s) in Auto Scaling Group, have ${healthy}`;
}

/**
 * Waits until enough instances are in service. Unless the program sets `ignoreFailedScalingActivities`, the first
 * scaling activity that failed since `since` ends the wait with an error, although Auto Scaling would try again.
 * `waitForCapacityTimeout: "0"` turns the wait off.
 */
export async function waitForCapacity(
  given: Properties,
  objection: (healthy: number) => string | undefined,
  since: number,
  context: GroupContext,
): Promise<void> {
  const timeout = durationSeconds(given.waitForCapacityTimeout ?? "10m");
  if (timeout === 0) return;
  const what = `waiting for Auto Scaling Group (${given.name}) capacity satisfied`;
  await waitUntil(context, what, timeout * 1000, async () => {
    if (given.ignoreFailedScalingActivities !== true) {
      const failures = await failedActivities(given.name, since, context);
      if (failures.length > 0) throw new Error(`${what}: ${failures.join("\n")}`);
    }
    const group = await describeGroup(context, given.name);
    const healthy = instances(group ?? {}).filter(
      (one) => one.LifecycleState === "InService" && text(one.HealthStatus).toLowerCase() === "healthy",
    ).length;
    const seen = objection(healthy);
    return { done: seen === undefined, seen: seen ?? "" };
  });
}

async function failedActivities(name: string, since: number, { autoscaling }: GroupContext): Promise<string[]> {
  const failed: string[] = [];
  let NextToken: unknown;
  do {
    const page = await autoscaling.call("DescribeScalingActivities", {
      AutoScalingGroupName: name,
      ...(NextToken !== undefined && { NextToken }),
    });
    for (const activity of (page.Activities as Shape[] | undefined) ?? []) {
      const { ActivityId, StatusCode, Progress, StatusMessage, StartTime } = activity;
      if (StatusCode === "Failed" && Progress === 100 && (StartTime as Date).getTime() > since)
        failed.push(`scaling activity (${ActivityId}): ${StatusCode}: ${StatusMessage}`);
    }
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  return failed;
}
