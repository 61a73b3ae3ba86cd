import { CreateSecretCommand, PutSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { OWNER_TAG, POOL_TAG } from "../../../contract/actions-runner-pool/names";
import type { TokenStore } from "./registration";
import { CLIENT_OPTIONS, isAwsError } from "../../shared/aws/client";

const client = new SecretsManagerClient(CLIENT_OPTIONS);

/** One secret for each instance, tagged with its owner: the host's policy opens only the secret that names it. */
export const secretsManagerTokens: TokenStore = {
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
      if (!isAwsError(error, "ResourceExistsException")) throw error;
    }
    // A duplicate of the event, or its retry hours later, when the token inside has expired: the newest one wins.
    try {
      await client.send(new PutSecretValueCommand({ SecretId: secret.name, SecretString: secret.value }));
      return "replaced";
    } catch (error) {
      if (isAwsError(error, "ResourceNotFoundException")) return "taken";
      throw error;
    }
  },
};
