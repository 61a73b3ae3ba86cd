import { GetConsoleOutputCommand } from "@aws-sdk/client-ec2";
import type { Ec2 } from "./clients";

/** Types without the Nitro hypervisor have no latest output, and an instance is forgotten about an hour after its end. */
const NONE = ["UnsupportedOperation", "InvalidInstanceID.NotFound"];

/**
 * The instance's console as EC2 has it: what it posted at the last transition of the instance, and on Nitro the latest. Either may be
 * empty, or of an earlier moment than the other.
 */
export async function consoleOutputs(client: Ec2, instanceId: string): Promise<string[]> {
  const outputs: string[] = [];
  for (const Latest of [undefined, true]) {
    try {
      const { Output = "" } = await client.send(new GetConsoleOutputCommand({ InstanceId: instanceId, Latest }));
      if (Output !== "") outputs.push(Buffer.from(Output, "base64").toString("utf8"));
    } catch (error) {
      if (!(error instanceof Error && NONE.includes(error.name))) throw error;
    }
  }
  return outputs;
}
