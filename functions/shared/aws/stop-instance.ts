import { StopInstancesCommand } from "@aws-sdk/client-ec2";
import type { Ec2 } from "./clients";

/**
 * Nothing for an instance that is off, or about to be.
 *
 * @param force without the operating system, whose file systems then are as after a power failure
 * @throws IncorrectInstanceState while it starts
 */
export async function stopInstance(client: Ec2, instanceId: string, force: boolean, signal?: AbortSignal): Promise<void> {
  const command = new StopInstancesCommand({ InstanceIds: [instanceId], ...(force && { Force: true }) });
  await client.send(command, { abortSignal: signal });
}
