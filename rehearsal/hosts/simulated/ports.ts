import type { HostConfig, RegistrationSecret } from "../../../contract/actions-runner-pool/host";
import { NO_ACTIVE_ACTION, type LifecycleState, type TargetState } from "../../../contract/aws/lifecycle";
import { METRIC_NAMESPACE, POOL_DIMENSION } from "../../../contract/actions-runner-pool/metrics";
import { registrationSecretName } from "../../../contract/actions-runner-pool/names";
import type { Imds } from "../../../host-config/shared/ports/imds";
import type { LifecycleActions } from "../../../host-config/actions-runner-pool/agent/ports/lifecycle-actions";
import type { Metrics } from "../../../host-config/actions-runner-pool/agent/ports/metrics";
import type { Protection } from "../../../host-config/actions-runner-pool/agent/ports/protection";
import type { RegistrationSecrets } from "../../../host-config/actions-runner-pool/agent/ports/registration-secrets";
import { AwsError, type Shape } from "../../aws/api";
import { withSdkRetries } from "../../aws/sdk-retries";

/** One call to the cloud stand-in with the credentials of the instance's profile. */
export type InstanceCall = (action: string, params: Shape) => Promise<Shape>;

/** The agent's clients make so many attempts. */
const ATTEMPTS = 5;

/** The agent's ports to AWS, spoken straight to the cloud stand-in: same calls, same parameters, no wire. */
export function awsPorts(config: HostConfig, instanceId: string, once: InstanceCall, sleep: (ms: number) => Promise<void>) {
  const call: InstanceCall = (action, params) => withSdkRetries(ATTEMPTS, () => once(action, params), sleep);
  const group = { AutoScalingGroupName: config.group };
  const secret = { SecretId: registrationSecretName(config.secretPrefix, instanceId) };
  const lifecycle: LifecycleActions = {
    async lifecycleState() {
      const answer = await call("autoscaling:DescribeAutoScalingInstances", { InstanceIds: [instanceId] });
      const [found] = answer.AutoScalingInstances as { LifecycleState: LifecycleState }[];
      return found?.LifecycleState;
    },
    complete: (hook, result) =>
      onAction(() =>
        call("autoscaling:CompleteLifecycleAction", {
          ...group,
          LifecycleHookName: hook,
          InstanceId: instanceId,
          LifecycleActionResult: result,
        }),
      ),
    heartbeat: (hook) =>
      onAction(() =>
        call("autoscaling:RecordLifecycleActionHeartbeat", {
          ...group,
          LifecycleHookName: hook,
          InstanceId: instanceId,
        }),
      ),
  };
  const protection: Protection = {
    async set(on) {
      try {
        await call("autoscaling:SetInstanceProtection", {
          ...group,
          InstanceIds: [instanceId],
          ProtectedFromScaleIn: on,
        });
        return "done";
      } catch (error) {
        if (error instanceof AwsError && error.message.includes("is not in InService")) return "refused";
        throw error;
      }
    },
  };
  const secrets: RegistrationSecrets = {
    async token() {
      const answer = await unlessMissing(() => call("secretsmanager:GetSecretValue", secret));
      return answer && (JSON.parse(answer.SecretString as string) as RegistrationSecret).token;
    },
    async delete() {
      await unlessMissing(() => call("secretsmanager:DeleteSecret", { ...secret, ForceDeleteWithoutRecovery: true }));
    },
  };
  const metrics: Metrics = {
    async count(metric) {
      const Dimensions = [{ Name: POOL_DIMENSION, Value: config.pool }];
      await call("cloudwatch:PutMetricData", {
        Namespace: METRIC_NAMESPACE,
        MetricData: [{ MetricName: metric, Value: 1, Unit: "Count", Dimensions }],
      });
    },
  };
  return { lifecycle, protection, secrets, metrics };
}

/** The instance metadata as the agent reads it; `read` answers undefined for a 404. */
export function metadataPort(instanceId: string, read: (path: string) => string | undefined | Promise<string | undefined>): Imds {
  return {
    instanceId: async () => instanceId,
    targetState: async () => (await read("autoscaling/target-lifecycle-state")) as TargetState | undefined,
  };
}

async function onAction(act: () => Promise<unknown>): Promise<"done" | "none"> {
  try {
    await act();
    return "done";
  } catch (error) {
    if (error instanceof AwsError && error.message.startsWith(NO_ACTIVE_ACTION)) return "none";
    throw error;
  }
}

/** A secret that is not there yet has no owner tag to match, so the policy refuses before anyone looks for it. */
const MISSING = ["ResourceNotFoundException", "AccessDeniedException"];

async function unlessMissing<T>(act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof AwsError && MISSING.includes(error.code)) return undefined;
    throw error;
  }
}
