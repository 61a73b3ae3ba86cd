/** The agent's calls to AWS, all about this one instance. The clients bound their duration. */
import {
  type AutoScalingClient,
  CompleteLifecycleActionCommand,
  DescribeAutoScalingInstancesCommand,
  RecordLifecycleActionHeartbeatCommand,
  SetInstanceHealthCommand,
  SetInstanceProtectionCommand,
} from "@aws-sdk/client-auto-scaling";
import { type CloudWatchClient, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { DeleteSecretCommand, GetSecretValueCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { HostConfig, RegistrationSecret } from "../../../contract/actions-runner-pool/host";
import { NO_ACTIVE_ACTION, type LifecycleState } from "../../../contract/aws/lifecycle";
import { POOL_DIMENSION } from "../../../contract/actions-runner-pool/metrics";
import { METRIC_NAMESPACE } from "../../../contract/shared/metrics";
import { registrationSecretName } from "../../../contract/actions-runner-pool/names";
import type { HostClock } from "../../shared/ports/clock";
import type { Imds } from "../../shared/ports/imds";
import type { Health } from "./ports/health";
import type { LifecycleActions } from "./ports/lifecycle-actions";
import type { Metrics } from "./ports/metrics";
import type { Protection } from "./ports/protection";
import type { RegistrationSecrets } from "./ports/registration-secrets";

export interface AwsClients {
  autoscaling: Pick<AutoScalingClient, "send">;
  secretsManager: Pick<SecretsManagerClient, "send">;
  cloudwatch: Pick<CloudWatchClient, "send">;
}

export interface AwsPorts {
  lifecycle: LifecycleActions;
  protection: Protection;
  health: Health;
  secrets: RegistrationSecrets;
  metrics: Metrics;
}

/** @param clock the time of day, which decides whether a registration token has expired */
export function awsPorts(
  { autoscaling, secretsManager, cloudwatch }: AwsClients,
  config: HostConfig,
  imds: Pick<Imds, "instanceId">,
  clock: Pick<HostClock, "now">,
): AwsPorts {
  const secretId = async () => registrationSecretName(config.secretPrefix, await imds.instanceId());
  const action = async (hook: string) => ({
    AutoScalingGroupName: config.group,
    LifecycleHookName: hook,
    InstanceId: await imds.instanceId(),
  });

  return {
    lifecycle: {
      async lifecycleState() {
        const command = new DescribeAutoScalingInstancesCommand({ InstanceIds: [await imds.instanceId()] });
        const answer = await autoscaling.send(command);
        return answer.AutoScalingInstances?.[0]?.LifecycleState as LifecycleState | undefined;
      },
      async complete(hook, result) {
        const input = { ...(await action(hook)), LifecycleActionResult: result };
        return doneOrNone(autoscaling.send(new CompleteLifecycleActionCommand(input)));
      },
      async heartbeat(hook) {
        return doneOrNone(autoscaling.send(new RecordLifecycleActionHeartbeatCommand(await action(hook))));
      },
    },
    protection: {
      async set(protectedFromScaleIn) {
        const command = new SetInstanceProtectionCommand({
          AutoScalingGroupName: config.group,
          InstanceIds: [await imds.instanceId()],
          ProtectedFromScaleIn: protectedFromScaleIn,
        });
        try {
          await autoscaling.send(command);
          return "done";
        } catch (error) {
          if (isAwsError(error, "ValidationError") && /is not in InService/.test((error as Error).message)) return "refused";
          throw error;
        }
      },
    },
    health: {
      async markUnhealthy() {
        const input = { InstanceId: await imds.instanceId(), HealthStatus: "Unhealthy", ShouldRespectGracePeriod: false };
        await autoscaling.send(new SetInstanceHealthCommand(input));
      },
    },
    secrets: {
      async token() {
        let value: string | undefined;
        try {
          value = (await secretsManager.send(new GetSecretValueCommand({ SecretId: await secretId() }))).SecretString;
        } catch (error) {
          if (NO_SECRET.some((name) => isAwsError(error, name))) return undefined;
          throw error;
        }
        return parseToken(value, clock.now());
      },
      async delete() {
        try {
          const input = { SecretId: await secretId(), ForceDeleteWithoutRecovery: true };
          await secretsManager.send(new DeleteSecretCommand(input));
        } catch (error) {
          // The answer to a first attempt may be lost, and the SDK's second attempt then finds no secret.
          if (!NO_SECRET.some((name) => isAwsError(error, name))) throw error;
        }
      },
    },
    metrics: {
      async count(metric) {
        const datum = { MetricName: metric, Value: 1, Unit: "Count" as const, Dimensions: [{ Name: POOL_DIMENSION, Value: config.pool }] };
        await cloudwatch.send(new PutMetricDataCommand({ Namespace: METRIC_NAMESPACE, MetricData: [datum] }));
      },
    },
  };
}

/** `none`: another caller completed the action, or it expired. Either way nothing is left to do. */
async function doneOrNone(call: Promise<unknown>): Promise<"done" | "none"> {
  try {
    await call;
    return "done";
  } catch (error) {
    if ((error as Error).message?.startsWith(NO_ACTIVE_ACTION)) return "none";
    throw error;
  }
}

/**
 * Answers that mean that the instance has no secret (yet). IAM decides before Secrets Manager looks: without a secret
 * there is no owner tag, so the policy's condition fails and the answer is AccessDenied. InvalidRequest: the secret is
 * marked for deletion.
 */
const NO_SECRET = ["AccessDeniedException", "ResourceNotFoundException", "InvalidRequestException"];

function isAwsError(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}

/** Throws an error that contains no part of the token. */
export function parseToken(value: string | undefined, now: number): string {
  let secret: Partial<RegistrationSecret>;
  try {
    secret = JSON.parse(value ?? "") as Partial<RegistrationSecret>;
  } catch {
    throw new Error("the registration secret is not JSON");
  }
  if (typeof secret?.token !== "string" || secret.token === "") throw new Error("the registration secret has no token");
  if (secret.expiresAt !== undefined && Date.parse(secret.expiresAt) <= now) {
    throw new Error(`the registration token expired at ${secret.expiresAt}`);
  }
  return secret.token;
}
