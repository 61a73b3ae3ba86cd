import { CreateSecretCommand, PutSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { OWNER_TAG, POOL_TAG } from "../../../contract/actions-runner-pool/names";
import type { TokenStore } from "./shared-token";
import type { SecretsManager } from "../../shared/aws/clients";
import { isAwsError } from "../../shared/aws/error";

export interface SecretSettings {
  /** The pool's tags. A Service Control Policy may demand some of them in the call that creates a secret. */
  tags: Readonly<Record<string, string>>;
  /** The customer's key that encrypts the secrets; absent: `aws/secretsmanager`. */
  kmsKeyArn?: string;
}

/**
 * One secret per instance, tagged with its owner: the host's policy allows only the secret whose owner tag names it.
 *
 * @param settings read only when a secret is created, so that a mistake in them cannot prevent anything else.
 */
export function secretsManagerTokens(client: SecretsManager, settings: () => SecretSettings): TokenStore {
  return {
    async put(secret) {
      const { tags, kmsKeyArn } = settings();
      const all = { ...tags, [POOL_TAG]: secret.pool, [OWNER_TAG]: secret.owner };
      try {
        await client.send(
          new CreateSecretCommand({
            Name: secret.name,
            Description: "Registration token of one runner; deleted by its host on first use",
            SecretString: secret.value,
            ...(kmsKeyArn === undefined ? {} : { KmsKeyId: kmsKeyArn }),
            Tags: Object.entries(all).map(([Key, Value]) => ({ Key, Value })),
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
