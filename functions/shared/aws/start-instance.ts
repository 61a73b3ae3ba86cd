import { type _InstanceType, ModifyInstanceAttributeCommand, StartInstancesCommand } from "@aws-sdk/client-ec2";
import type { Ec2 } from "./clients";

/** Nothing for an instance that runs, or is about to. @throws IncorrectInstanceState while it stops */
export async function startInstance(client: Ec2, instanceId: string, signal?: AbortSignal): Promise<void> {
  await client.send(new StartInstancesCommand({ InstanceIds: [instanceId] }), { abortSignal: signal });
}

/** @throws IncorrectInstanceState unless it is stopped */
export async function setInstanceType(client: Ec2, instanceId: string, instanceType: string, signal?: AbortSignal): Promise<void> {
  const command = new ModifyInstanceAttributeCommand({
    InstanceId: instanceId,
    InstanceType: { Value: instanceType as _InstanceType },
  });
  await client.send(command, { abortSignal: signal });
}
