import { SendCommandCommand } from "@aws-sdk/client-ssm";
import type { SystemsManager } from "../../shared/aws/clients";
import { isAwsError } from "../../shared/aws/error";

/**
 * How long Run Command tries to deliver the command, in seconds; AWS's minimum is 30. Ten minutes cover an SSM agent that
 * is still starting. A late delivery does no harm: by then the unit is stopping or stopped.
 */
const DELIVERY_SECONDS = 600;

/**
 * Sends the pool's own one-command document, which asks systemd to stop the runner and returns immediately.
 *
 * @returns `unreachable` if Systems Manager does not know the instance as a managed node (the SSM agent is dead or has
 *   not started, or the host is off).
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
