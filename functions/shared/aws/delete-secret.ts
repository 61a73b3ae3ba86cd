import { DeleteSecretCommand } from "@aws-sdk/client-secrets-manager";
import type { SecretsManager } from "./clients";
import { isAwsError } from "./error";

/**
 * Deletes without a recovery window: a registration token is worthless after an hour, and a secret in its recovery
 * window blocks its name. AWS makes a forced deletion succeed for a missing secret, too, so it does not tell whether there
 * was one: only a listing does. For some seconds afterwards AWS refuses to create another of the name.
 */
export async function deleteSecret(client: SecretsManager, name: string, signal?: AbortSignal): Promise<void> {
  try {
    await client.send(new DeleteSecretCommand({ SecretId: name, ForceDeleteWithoutRecovery: true }), { abortSignal: signal });
  } catch (error) {
    if (!isAwsError(error, "ResourceNotFoundException")) throw error;
  }
}
