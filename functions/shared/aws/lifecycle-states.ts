import { AutoScalingClient, DescribeAutoScalingInstancesCommand } from "@aws-sdk/client-auto-scaling";
import { CLIENT_OPTIONS } from "./client";

const client = new AutoScalingClient(CLIENT_OPTIONS);

/** AWS's limit on ids in one call. */
const BATCH = 50;

/** Lifecycle states by instance id; an instance that is in no group of this account and Region is left out. */
export async function lifecycleStates(instanceIds: readonly string[]): Promise<Map<string, string>> {
  const states = new Map<string, string>();
  for (let start = 0; start < instanceIds.length; start += BATCH) {
    const { AutoScalingInstances = [] } = await client.send(
      new DescribeAutoScalingInstancesCommand({ InstanceIds: instanceIds.slice(start, start + BATCH) }),
    );
    for (const { InstanceId, LifecycleState } of AutoScalingInstances) {
      if (InstanceId !== undefined) states.set(InstanceId, LifecycleState ?? "");
    }
  }
  return states;
}
