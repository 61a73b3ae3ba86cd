import { DescribeWarmPoolCommand, type Instance, TerminateInstanceInAutoScalingGroupCommand } from "@aws-sdk/client-auto-scaling";
import type { AutoScaling } from "../../shared/aws/clients";
import { asLifecycleState } from "../../shared/aws/lifecycle-states";
import { activityPage, hasFailed, launchedInstance, toActivity } from "../shared/activities";
import { describeGroup, suspendedOf } from "../shared/group";
import type { FailedLaunch } from "./failed-launches";
import type { EndedLaunch } from "./launch-consoles";
import { isOutdated, launchSource } from "./launch-source";
import type { Member } from "./ports";
import type { GroupView } from "./readiness";

export async function members(client: AutoScaling, group: string): Promise<Member[]> {
  const found = await describeGroup(client, group);
  // While a stack is being destroyed, the sweep may outlive the group.
  if (!found) return [];
  const source = launchSource(found);
  const toMember = (instance: Instance): Member => ({
    instanceId: instance.InstanceId ?? "",
    lifecycleState: asLifecycleState(instance.LifecycleState),
    outdated: isOutdated(instance, source),
    protectedFromScaleIn: instance.ProtectedFromScaleIn ?? false,
  });
  const result = (found.Instances ?? []).map(toMember);
  let NextToken: string | undefined;
  do {
    const page = await client.send(new DescribeWarmPoolCommand({ AutoScalingGroupName: group, NextToken }));
    result.push(...(page.Instances ?? []).map(toMember));
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  return [...new Map(result.map((member) => [member.instanceId, member])).values()];
}

export async function groupExists(client: AutoScaling, group: string): Promise<boolean> {
  return (await describeGroup(client, group)) !== undefined;
}

export async function suspendedProcesses(client: AutoScaling, group: string): Promise<string[]> {
  const found = await describeGroup(client, group);
  return found ? suspendedOf(found) : [];
}

export async function view(client: AutoScaling, group: string): Promise<GroupView | undefined> {
  const found = await describeGroup(client, group);
  return (
    found && {
      createdAt: found.CreatedTime ?? new Date(0),
      minSize: found.MinSize ?? 0,
      desired: found.DesiredCapacity ?? 0,
      states: (found.Instances ?? []).map(({ LifecycleState }) => asLifecycleState(LifecycleState)),
      suspended: suspendedOf(found),
    }
  );
}

export async function protectedInstances(client: AutoScaling, group: string): Promise<string[]> {
  const found = await describeGroup(client, group);
  return (found?.Instances ?? []).flatMap(({ InstanceId = "", ProtectedFromScaleIn }) => (ProtectedFromScaleIn ? [InstanceId] : []));
}

/** Of one page, the newest: older ones were reported by the sweeps before. */
export async function failedLaunches(client: AutoScaling, group: string): Promise<FailedLaunch[]> {
  const { Activities = [] } = await activityPage(client, group);
  return Activities.filter(
    ({ StatusCode, Description = "" }) => StatusCode === "Failed" && Description.startsWith("Launching a new EC2 instance"),
  ).map(({ StatusMessage = "no reason given", StartTime = new Date(0), EndTime = StartTime }) => ({
    reason: StatusMessage,
    endedAt: EndTime,
  }));
}

/** Of the same page: launches that brought an instance, but not into service. */
export async function endedLaunches(client: AutoScaling, group: string): Promise<EndedLaunch[]> {
  const { Activities = [] } = await activityPage(client, group);
  return Activities.map(toActivity).flatMap((activity) => {
    const instanceId = launchedInstance(activity);
    return instanceId === undefined || !hasFailed(activity) ? [] : [{ instanceId, endedAt: activity.endedAt ?? activity.startedAt }];
  });
}

export async function terminate(client: AutoScaling, instanceId: string): Promise<void> {
  await client.send(
    new TerminateInstanceInAutoScalingGroupCommand({
      InstanceId: instanceId,
      // A retained instance does not count towards the desired capacity, and its replacement is already running.
      ShouldDecrementDesiredCapacity: false,
    }),
  );
}
