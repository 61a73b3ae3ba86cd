import {
  type Activity as AwsActivity,
  DescribeScalingActivitiesCommand,
  type DescribeScalingActivitiesCommandOutput,
} from "@aws-sdk/client-auto-scaling";
import type { AutoScaling } from "../../shared/aws/clients";

/** One entry of a group's activity history. */
export interface Activity {
  description: string;
  startedAt: Date;
  /** Undefined while the activity is in progress. */
  endedAt?: Date;
  /** Auto Scaling's `StatusCode`: `Successful`, `InProgress`, `MidLifecycleAction`, ... */
  status: string;
  /** Auto Scaling's `StatusMessage`: why it failed. */
  message?: string;
}

/** The API's maximum page size for activities. */
const PAGE_SIZE = 100;
/** Start of the error text for a group that never existed. The service's model has no code for it. */
const NO_SUCH_GROUP = "AutoScalingGroup name not found";

/** The end of a launch that never brought its instance into service. */
const FAILED = ["Failed", "Cancelled"];
const LAUNCHING = /^Launching a new EC2 instance\b.*?\b(i-[0-9a-f]{8,17})\b/;
const ANY_LAUNCH = /^Launching a new EC2 instance\b/;

/** Id of the instance that the activity launches; undefined for another activity, or if EC2 launched no instance. */
export function launchedInstance({ description }: Activity): string | undefined {
  return LAUNCHING.exec(description)?.[1];
}

export function hasFailed({ status }: Activity): boolean {
  return FAILED.includes(status);
}

/** Undefined unless the activity is a launch that failed; without an id if EC2 launched no instance. */
export function failedLaunch(activity: Activity): { instanceId?: string } | undefined {
  if (!ANY_LAUNCH.test(activity.description) || !hasFailed(activity)) return undefined;
  const instanceId = launchedInstance(activity);
  return instanceId === undefined ? {} : { instanceId };
}

export function toActivity({ Description = "", StartTime = new Date(0), EndTime, StatusCode, StatusMessage }: AwsActivity): Activity {
  return { description: Description, startedAt: StartTime, endedAt: EndTime, status: StatusCode ?? "", message: StatusMessage };
}

/** Newest first, page by page, also of a deleted group; empty if there never was such a group. */
export async function* activities(client: AutoScaling, group: string): AsyncGenerator<Activity[]> {
  let NextToken: string | undefined;
  do {
    const page = await activityPage(client, group, NextToken);
    yield (page.Activities ?? []).map(toActivity);
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
}

/** Includes deleted groups of this name: what they left at GitHub is still swept. */
export async function activityPage(
  client: AutoScaling,
  group: string,
  NextToken?: string,
): Promise<DescribeScalingActivitiesCommandOutput> {
  try {
    return await client.send(
      new DescribeScalingActivitiesCommand({
        AutoScalingGroupName: group,
        IncludeDeletedGroups: true,
        MaxRecords: PAGE_SIZE,
        NextToken,
      }),
    );
  } catch (error) {
    if (error instanceof Error && error.message.startsWith(NO_SUCH_GROUP)) return { Activities: [], $metadata: {} };
    throw error;
  }
}
