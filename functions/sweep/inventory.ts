import {
  AutoScalingClient,
  DescribeAutoScalingGroupsCommand,
  DescribeScalingActivitiesCommand,
  DescribeWarmPoolCommand,
  TerminateInstanceInAutoScalingGroupCommand,
} from "@aws-sdk/client-auto-scaling";
import { CLIENT_OPTIONS } from "../shared/aws/client";
import type { Activity, Member } from "./ports";

const client = new AutoScalingClient(CLIENT_OPTIONS);

/** The largest page of an activity history. */
const ACTIVITIES = 100;

export async function members(group: string): Promise<Member[]> {
  const { AutoScalingGroups = [] } = await client.send(
    new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [group] }),
  );
  const found = AutoScalingGroups[0];
  // While a stack is taken down, the sweep may outlive the group.
  if (!found) return [];
  const result = (found.Instances ?? []).map(toMember);
  let NextToken: string | undefined;
  do {
    const page = await client.send(new DescribeWarmPoolCommand({ AutoScalingGroupName: group, NextToken }));
    result.push(...(page.Instances ?? []).map(toMember));
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  return [...new Map(result.map((member) => [member.instanceId, member])).values()];
}

export async function* activities(group: string): AsyncGenerator<Activity[]> {
  let NextToken: string | undefined;
  do {
    const page = await client.send(
      new DescribeScalingActivitiesCommand({ AutoScalingGroupName: group, MaxRecords: ACTIVITIES, NextToken }),
    );
    yield (page.Activities ?? []).map(({ Description = "", StartTime = new Date(0), StatusCode = "" }) => ({
      description: Description,
      startedAt: StartTime,
      status: StatusCode,
    }));
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
}

export async function terminate(instanceId: string): Promise<void> {
  await client.send(
    new TerminateInstanceInAutoScalingGroupCommand({
      InstanceId: instanceId,
      // A retained instance is outside the desired capacity, and its replacement runs already.
      ShouldDecrementDesiredCapacity: false,
    }),
  );
}

function toMember({ InstanceId = "", LifecycleState = "" }: { InstanceId?: string; LifecycleState?: string }): Member {
  return { instanceId: InstanceId, lifecycleState: LifecycleState };
}
