import { CreateSecretCommand, PutSecretValueCommand, TagResourceCommand } from "@aws-sdk/client-secrets-manager";
import type { SecretsManager } from "./clients";
import { isAwsError } from "./error";

export interface NewSecret {
  name: string;
  description: string;
  value: string;
  tags: Readonly<Record<string, string>>;
  /**
   * Also of a secret that exists, before its value: by them a policy decides who may read it, and one that was left over may name an owner
   * that is gone.
   */
  replacesTags?: boolean;
  /** The customer's key that encrypts it; absent: `aws/secretsmanager`. */
  kmsKeyArn?: string;
}

/** `taken`: the secret of this name was just deleted by force, and AWS blocks the name for some seconds. */
export type PutOutcome = "created" | "replaced" | "taken";

/** Creates the secret, or replaces the value of the one that exists, which keeps its tags unless `replacesTags`. */
export async function putSecret(client: SecretsManager, secret: NewSecret, signal?: AbortSignal): Promise<PutOutcome> {
  const { name, description, value, tags, kmsKeyArn } = secret;
  const tagList = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  const create = new CreateSecretCommand({
    Name: name,
    Description: description,
    SecretString: value,
    ...(kmsKeyArn === undefined ? {} : { KmsKeyId: kmsKeyArn }),
    Tags: tagList,
  });
  try {
    await client.send(create, { abortSignal: signal });
    return "created";
  } catch (error) {
    if (isAwsError(error, "InvalidRequestException")) return "taken";
    if (!isAwsError(error, "ResourceExistsException")) throw error;
  }
  try {
    if (secret.replacesTags === true) await client.send(new TagResourceCommand({ SecretId: name, Tags: tagList }), { abortSignal: signal });
    await client.send(new PutSecretValueCommand({ SecretId: name, SecretString: value }), { abortSignal: signal });
    return "replaced";
  } catch (error) {
    if (isAwsError(error, "ResourceNotFoundException") || isAwsError(error, "InvalidRequestException")) return "taken";
    throw error;
  }
}
