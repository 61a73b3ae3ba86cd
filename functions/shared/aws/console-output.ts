import { GetConsoleOutputCommand } from "@aws-sdk/client-ec2";
import type { Ec2 } from "./clients";
import { isAwsError } from "./error";

/**
 * The instance's console as EC2 has it: what it posted at the last transition of the instance, and on Nitro the latest. Either may be
 * empty, or of an earlier moment than the other. None of an instance that EC2 has forgotten, about an hour after its end.
 */
export async function consoleOutputs(client: Ec2, instanceId: string, signal?: AbortSignal): Promise<string[]> {
  let posted: string;
  try {
    posted = await outputOf(client, instanceId, false, signal);
  } catch (error) {
    if (isAwsError(error, "InvalidInstanceID.NotFound")) return [];
    throw error;
  }
  // Types without the Nitro hypervisor have none, and AWS does not document what an ended instance gets. Its failure costs nothing.
  const latest = await outputOf(client, instanceId, true, signal).catch(() => "");
  return [posted, latest].filter((output) => output !== "");
}

/** The last lines of a console, without colours, returns and empty lines. */
export function consoleLines(console: string, most: number): string[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a console has colours and returns.
  const plain = console.replace(/\u001b\[[0-9;?]*[A-Za-z]/g, "").replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, "");
  return plain
    .split("\n")
    .filter((line) => line.trim() !== "")
    .slice(-most);
}

async function outputOf(client: Ec2, InstanceId: string, latest: boolean, signal?: AbortSignal): Promise<string> {
  const command = new GetConsoleOutputCommand({ InstanceId, ...(latest && { Latest: true }) });
  const { Output = "" } = await client.send(command, { abortSignal: signal });
  return Buffer.from(Output, "base64").toString("utf8");
}
