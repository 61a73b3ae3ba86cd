import { DescribeInstancesCommand } from "@aws-sdk/client-ec2";
import type { Ec2 } from "./clients";
import { isAwsError } from "./error";

/** Stopped or hibernated, or ended in EC2: then a job on it is lost already. */
const OFF = ["stopped", "shutting-down", "terminated"];

/** Whether the instance is off, or at its end in EC2, so that it runs no job that waiting could save. False in between. */
export async function isOff(client: Ec2, instanceId: string): Promise<boolean> {
  try {
    const { Reservations = [] } = await client.send(new DescribeInstancesCommand({ InstanceIds: [instanceId] }));
    const instances = Reservations.flatMap(({ Instances = [] }) => Instances);
    return instances.some(({ InstanceId, State }) => InstanceId === instanceId && OFF.includes(State?.Name ?? ""));
  } catch (error) {
    // About an hour after its termination EC2 forgets an instance.
    if (isAwsError(error, "InvalidInstanceID.NotFound")) return true;
    throw error;
  }
}
