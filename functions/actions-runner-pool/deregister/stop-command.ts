import { SendCommandCommand } from "@aws-sdk/client-ssm";
import type { SystemsManager } from "../../shared/aws/clients";
import { isAwsError } from "../../shared/aws/error";

/**
 * How long Run Command may try to deliver, in seconds; AWS's minimum is 30. Ten minutes outlast an agent that is
 * still starting. A late delivery does no harm: the unit is being stopped then already, or is stopped.
 */
const DELIVERY_SECONDS = 600;

/**
 * Sends the pool's own one-command document, which asks systemd to stop the runner and returns at once.
 *
 * @returns `unreachable` when Systems Manager does not know the instance as a managed node (agent dead or not yet
 *   started, or the host is off).
 */
export async function sendStop(client: SystemsManager, document: string, instanceId: string): Promise<"sent" | "unreachable"> {
  try {
    await client.send(
      new SendCommandCommand({
        DocumentName: document,
        InstanceIds: [instanceId],
        TimeoutSeconds: DELIVERY_SECONDS,
        Comment: "Drain: the instance is terminating",
      }),
    );
    return "sent";
  } catch (error) {
    if (isAwsError(error, "InvalidInstanceId")) return "unreachable";
    throw error;
  }
}
