import { GetConsoleOutputCommand } from "@aws-sdk/client-ec2";
import type { Ec2 } from "./clients";
import { isAwsError } from "./error";

/**
 * The instance's console as EC2 has it: what it posted at the last transition of the instance, and on Nitro the latest. Either may be
 * empty, or of an earlier moment than the other. None of an instance that EC2 has forgotten, about an hour after its end.
 */
export async function consoleOutputs(client: Ec2, instanceId: string): Promise<string[]> {
  let posted: string;
  try {
    posted = await outputOf(client, instanceId);
  } catch (error) {
    if (isAwsError(error, "InvalidInstanceID.NotFound")) return [];
    throw error;
  }
  // Types without the Nitro hypervisor have none, and AWS does not document what an ended instance gets. Its failure costs nothing.
  const latest = await outputOf(client, instanceId, true).catch(() => "");
  return [posted, latest].filter((output) => output !== "");
}

async function outputOf(client: Ec2, InstanceId: string, Latest?: boolean): Promise<string> {
  const { Output = "" } = await client.send(new GetConsoleOutputCommand({ InstanceId, Latest }));
  return Buffer.from(Output, "base64").toString("utf8");
}
