import { DescribeSecretCommand } from "@aws-sdk/client-secrets-manager";
import type { SecretsManager } from "../../shared/aws/clients";
import { deleteSecret } from "../../shared/aws/delete-secret";
import { isAwsError } from "../../shared/aws/error";
import type { Clock } from "../../shared/lambda/clock";
import type { CleanUpPorts } from "./clean-up";

/** The order that a machine has not read. What it says is none of the reaper's business. */
export function orderSecret(client: SecretsManager, name: string, clock: Pick<Clock, "now">): CleanUpPorts["order"] {
  return {
    async age(signal) {
      try {
        const secret = await client.send(new DescribeSecretCommand({ SecretId: name }), { abortSignal: signal });
        const changed = secret.LastChangedDate ?? secret.CreatedDate;
        // For some seconds AWS still describes a secret that was deleted.
        if (secret.DeletedDate !== undefined || changed === undefined) return undefined;
        return (clock.now() - changed.getTime()) / 1000;
      } catch (error) {
        if (isAwsError(error, "ResourceNotFoundException")) return undefined;
        throw error;
      }
    },
    delete: (signal) => deleteSecret(client, name, signal),
  };
}
