import {
  DescribeAutoScalingInstancesCommand,
  SetDesiredCapacityCommand,
  TerminateInstanceInAutoScalingGroupCommand,
} from "@aws-sdk/client-auto-scaling";
import type { AutoScaling } from "../../shared/aws/clients";
import { asLifecycleState } from "../../shared/aws/lifecycle-states";
import { describeGroup, suspendedOf } from "../shared/group";
import type { CapacityPorts } from "./ports";

/** AWS's limit on the number of ids in one call. */
const BATCH = 50;

export function groupCapacity(client: AutoScaling): CapacityPorts {
  return {
    async group(name) {
      const found = await describeGroup(client, name);
      return (
        found && {
          desired: found.DesiredCapacity ?? 0,
          minSize: found.MinSize ?? 0,
          maxSize: found.MaxSize ?? 0,
          members: (found.Instances ?? []).map(({ InstanceId = "", LifecycleState, ProtectedFromScaleIn = false }) => ({
            id: InstanceId,
            lifecycleState: asLifecycleState(LifecycleState),
            protectedFromScaleIn: ProtectedFromScaleIn,
          })),
          suspended: suspendedOf(found),
        }
      );
    },
    async setDesired(group, desired) {
      // A job waits: a cooldown that an operator's policy has set is not ours to honour.
      await client.send(new SetDesiredCapacityCommand({ AutoScalingGroupName: group, DesiredCapacity: desired, HonorCooldown: false }));
    },
    async removable(group, instanceIds) {
      const found = new Set<string>();
      for (let start = 0; start < instanceIds.length; start += BATCH) {
        const { AutoScalingInstances = [] } = await client.send(
          new DescribeAutoScalingInstancesCommand({ InstanceIds: instanceIds.slice(start, start + BATCH) }),
        );
        for (const { InstanceId = "", AutoScalingGroupName, LifecycleState, ProtectedFromScaleIn } of AutoScalingInstances) {
          if (AutoScalingGroupName === group && LifecycleState === "InService" && ProtectedFromScaleIn === false) found.add(InstanceId);
        }
      }
      return found;
    },
    async terminate(instanceId) {
      await client.send(new TerminateInstanceInAutoScalingGroupCommand({ InstanceId: instanceId, ShouldDecrementDesiredCapacity: true }));
    },
  };
}
