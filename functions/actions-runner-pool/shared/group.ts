import { type AutoScalingGroup, DescribeAutoScalingGroupsCommand } from "@aws-sdk/client-auto-scaling";
import type { AutoScaling } from "../../shared/aws/clients";

/** Undefined if the group does not exist. Its warm pool's instances are not in it. */
export async function describeGroup(client: AutoScaling, group: string): Promise<AutoScalingGroup | undefined> {
  const { AutoScalingGroups = [] } = await client.send(new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [group] }));
  return AutoScalingGroups[0];
}

export function suspendedOf({ SuspendedProcesses = [] }: AutoScalingGroup): string[] {
  return SuspendedProcesses.flatMap(({ ProcessName }) => ProcessName ?? []);
}
