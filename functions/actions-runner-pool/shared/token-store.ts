import { CreateSecretCommand, PutSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { OWNER_TAG, POOL_TAG } from "../../../contract/actions-runner-pool/names";
import type { TokenStore } from "./registration";
import type { SecretsManager } from "../../shared/aws/clients";
import { isAwsError } from "../../shared/aws/error";

/** One secret per instance, tagged with its owner: the host's policy allows only the secret whose owner tag names it. */
export function secretsManagerTokens(client: SecretsManager): TokenStore {
  return {
    async put(secret) {
      try {
        await client.send(
          new CreateSecretCommand({
            Name: secret.name,
            Description: "Registration token of one runner; deleted by its host on first use",
            SecretString: secret.value,
            Tags: [
              { Key: POOL_TAG, Value: secret.pool },
              { Key: OWNER_TAG, Value: secret.owner },
            ],
          }),
        );
        return "created";
      } catch (error) {
        // Secrets Manager blocks the name for some seconds after its host, or the sweep, has deleted the secret by force.
        if (isAwsError(error, "InvalidRequestException")) return "taken";
        if (!isAwsError(error, "ResourceExistsException")) throw error;
      }
      // A duplicate of the event, or a late retry, when the stored token may have expired: the newest token wins.
      try {
        await client.send(new PutSecretValueCommand({ SecretId: secret.name, SecretString: secret.value }));
        return "replaced";
      } catch (error) {
        if (isAwsError(error, "ResourceNotFoundException") || isAwsError(error, "InvalidRequestException")) return "taken";
        throw error;
      }
    },
  };
}
