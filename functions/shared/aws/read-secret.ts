import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { CLIENT_OPTIONS } from "./client";

const client = new SecretsManagerClient(CLIENT_OPTIONS);

/** @throws when the secret is missing, denied, or binary. */
export async function readSecret(secret: string): Promise<string> {
  const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secret }));
  if (SecretString === undefined) throw new Error(`secret ${secret} holds binary data; store plain text in it`);
  return SecretString;
}
