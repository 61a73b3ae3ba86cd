import { GetSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import type { SecretsManager } from "./clients";

/** @throws when the secret is missing, denied, or binary. */
export async function readSecret(client: SecretsManager, secret: string): Promise<string> {
  const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secret }));
  if (SecretString === undefined) throw new Error(`secret ${secret} holds binary data; store plain text in it`);
  return SecretString;
}
