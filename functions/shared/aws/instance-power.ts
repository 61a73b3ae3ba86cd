import { DescribeInstancesCommand, type InstanceStateName } from "@aws-sdk/client-ec2";
import type { Ec2 } from "./clients";
import { isAwsError } from "./error";

/** One instance that is started and stopped, but never replaced. */
export interface InstancePower {
  /** `terminated` also once EC2 has forgotten the instance, about an hour after its end. */
  state: InstanceStateName;
  /** Of its last start, in milliseconds since the epoch. It changes only when a start has taken effect. */
  launchedAt: number;
  instanceType: string;
  /** Why it is in this state, such as `Server.InsufficientInstanceCapacity` after a start without capacity. */
  reason?: { code: string; message: string };
}

export async function instancePower(client: Ec2, instanceId: string, signal?: AbortSignal): Promise<InstancePower> {
  const gone: InstancePower = { state: "terminated", launchedAt: 0, instanceType: "" };
  try {
    const command = new DescribeInstancesCommand({ InstanceIds: [instanceId] });
    const { Reservations = [] } = await client.send(command, { abortSignal: signal });
    const found = Reservations.flatMap(({ Instances = [] }) => Instances).find(({ InstanceId }) => InstanceId === instanceId);
    if (found === undefined) return gone;
    const { Code: code = "", Message: message = "" } = found.StateReason ?? {};
    return {
      state: found.State?.Name ?? "pending",
      launchedAt: found.LaunchTime?.getTime() ?? 0,
      instanceType: found.InstanceType ?? "",
      ...(code !== "" && { reason: { code, message } }),
    };
  } catch (error) {
    if (isAwsError(error, "InvalidInstanceID.NotFound")) return gone;
    throw error;
  }
}
