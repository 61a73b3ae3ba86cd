import { DescribeAutoScalingInstancesCommand } from "@aws-sdk/client-auto-scaling";
import type { LifecycleState } from "../../../contract/aws/lifecycle";
import type { AutoScaling } from "./clients";

/** AWS's limit on ids in one call. */
const BATCH = 50;

/** Lifecycle states by instance id; an instance that is in no group of this account and Region is left out. */
export async function lifecycleStates(client: AutoScaling, instanceIds: readonly string[]): Promise<Map<string, LifecycleState>> {
  const states = new Map<string, LifecycleState>();
  for (let start = 0; start < instanceIds.length; start += BATCH) {
    const { AutoScalingInstances = [] } = await client.send(
      new DescribeAutoScalingInstancesCommand({ InstanceIds: instanceIds.slice(start, start + BATCH) }),
    );
    for (const { InstanceId, LifecycleState } of AutoScalingInstances) {
      if (InstanceId !== undefined) states.set(InstanceId, asLifecycleState(LifecycleState));
    }
  }
  return states;
}

/** AWS always gives one. A state that it adds one day is none that is waited for or acted on here. */
export function asLifecycleState(state: string | undefined): LifecycleState {
  return (state ?? "") as LifecycleState;
}
