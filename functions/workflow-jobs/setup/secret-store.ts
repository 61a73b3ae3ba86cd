import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  UpdateSecretCommand,
} from "@aws-sdk/client-secrets-manager";
import { WORKFLOW_JOBS_TAG } from "../../../contract/workflow-jobs/names";
import type { WebhookSecrets } from "../../../contract/workflow-jobs/webhook";
import type { SecretsManager } from "../../shared/aws/clients";
import { deleteSecret } from "../../shared/aws/delete-secret";
import { isAwsError } from "../../shared/aws/error";
import type { Clock } from "../../shared/lambda/clock";
import { pause } from "../../shared/lambda/timeout";
import type { WebhookSecretSettings } from "../shared/settings";
import { parseSecrets } from "../shared/webhook-secrets";

export interface StoredSecrets {
  arn: string;
  secrets: WebhookSecrets;
}

/** The webhook's secret in Secrets Manager. Its value leaves this process only for GitHub. */
export interface SecretStore {
  /** Undefined if there is none, or it is being deleted. */
  read(): Promise<StoredSecrets | undefined>;
  create(secrets: WebhookSecrets, signal: AbortSignal): Promise<StoredSecrets>;
  write(secrets: WebhookSecrets): Promise<void>;
  /** Encrypts it with the configured key, if another one does. @param secrets its value. */
  useKey(secrets: WebhookSecrets): Promise<void>;
  delete(): Promise<void>;
}

/** The value of KmsKeyId that stands for AWS's own key, `aws/secretsmanager`. AWS omits it in an answer. */
const AWS_KEY = "";

/** Between two attempts to create a secret whose name AWS still blocks after a forced deletion, in ms. */
const BLOCKED_MS = 3_000;
/** Attempts after which the reason is looked for: a forced deletion blocks the name for seconds only. */
const BLOCKED_ATTEMPTS = 10;

/** @param settings read only when the secret is created or encrypted anew. */
export function webhookSecretStore(
  client: SecretsManager,
  names: { workflowJobs: string; secret: string },
  settings: () => WebhookSecretSettings,
  clock: Clock,
): SecretStore {
  const { secret: name, workflowJobs } = names;
  /** @throws Error if someone has deleted the secret with a recovery window: its name then stays taken for 7 to 30 days. */
  async function refuseScheduled(): Promise<void> {
    const described = await client.send(new DescribeSecretCommand({ SecretId: name })).catch((error) => {
      if (isAwsError(error, "ResourceNotFoundException")) return undefined;
      throw error;
    });
    if (described?.DeletedDate === undefined) return;
    throw new Error(
      `the secret ${name} is scheduled for deletion: restore it (aws secretsmanager restore-secret --secret-id ${name}), or delete it at ` +
        `once (aws secretsmanager delete-secret --secret-id ${name} --force-delete-without-recovery), and deploy again`,
    );
  }
  return {
    async read() {
      try {
        const { ARN = name, SecretString = "" } = await client.send(new GetSecretValueCommand({ SecretId: name }));
        return { arn: ARN, secrets: parseSecrets(SecretString, name) };
      } catch (error) {
        // A secret that is being deleted is answered with InvalidRequestException.
        if (isAwsError(error, "ResourceNotFoundException") || isAwsError(error, "InvalidRequestException")) return undefined;
        throw error;
      }
    },
    async create(secrets, signal) {
      const { tags, kmsKeyArn } = settings();
      const all = { ...tags, [WORKFLOW_JOBS_TAG]: workflowJobs };
      const command = new CreateSecretCommand({
        Name: name,
        Description: `Signs GitHub's webhook for ${workflowJobs}; rotate it with npm run rotate-webhook-secret`,
        SecretString: JSON.stringify(secrets),
        ...(kmsKeyArn === undefined ? {} : { KmsKeyId: kmsKeyArn }),
        Tags: Object.entries(all).map(([Key, Value]) => ({ Key, Value })),
      });
      for (let attempt = 1; ; attempt++) {
        try {
          const { ARN = name } = await client.send(command);
          return { arn: ARN, secrets };
        } catch (error) {
          // The name is free some seconds after the deletion of an earlier stack's secret. The signal bounds the attempts.
          if (!isAwsError(error, "InvalidRequestException")) throw error;
          if (attempt >= BLOCKED_ATTEMPTS) await refuseScheduled();
          await pause(clock, BLOCKED_MS, signal);
        }
      }
    },
    async write(secrets) {
      await client.send(new PutSecretValueCommand({ SecretId: name, SecretString: JSON.stringify(secrets) }));
    },
    async useKey(secrets) {
      const { kmsKeyArn = AWS_KEY } = settings();
      const { KmsKeyId = AWS_KEY } = await client.send(new DescribeSecretCommand({ SecretId: name }));
      if (KmsKeyId === kmsKeyArn) return;
      // Also the value: the version that is there would stay under the former key, which may be disabled after the deployment.
      await client.send(new UpdateSecretCommand({ SecretId: name, KmsKeyId: kmsKeyArn, SecretString: JSON.stringify(secrets) }));
    },
    async delete() {
      // AWS also confirms the forced deletion of a secret that never existed, so a second delete is safe.
      await deleteSecret(client, name);
    },
  };
}
