import { DescribeAutoScalingInstancesCommand } from "@aws-sdk/client-auto-scaling";
import type { LifecycleState } from "../../../contract/aws/lifecycle";
import type { AutoScaling } from "./clients";

/** AWS's limit on the number of ids in one call. */
const BATCH = 50;

/** Lifecycle states by instance id. An instance that is in no group of this account and Region is omitted. */
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

/** AWS always returns a state. A state that AWS adds later matches no comparison in this code, so it is ignored. */
export function asLifecycleState(state: string | undefined): LifecycleState {
  return (state ?? "") as LifecycleState;
}
