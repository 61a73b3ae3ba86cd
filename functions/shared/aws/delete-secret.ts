import { DeleteSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { CLIENT_OPTIONS, isAwsError } from "./client";

const client = new SecretsManagerClient(CLIENT_OPTIONS);

/**
 * Deletes for good: a registration token is worthless after an hour, and a secret that lingers in the recovery window
 * blocks its name.
 */
export async function deleteSecret(name: string): Promise<"deleted" | "gone"> {
  try {
    await client.send(new DeleteSecretCommand({ SecretId: name, ForceDeleteWithoutRecovery: true }));
    return "deleted";
  } catch (error) {
    if (isAwsError(error, "ResourceNotFoundException")) return "gone";
    throw error;
  }
}
