import type { AwsClients } from "../../../host-config/actions-runner-pool/agent/aws-adapters";
import { SDK_ATTEMPTS } from "../../../host-config/shared/sdk-bounds";
import type { Shape } from "../../aws/api";
import { sdkClient } from "../../aws/sdk-client";
import { withSdkRetries } from "../../aws/sdk-retries";

/** One call to the cloud stand-in with the credentials of the instance's profile. */
export type InstanceCall = (action: string, params: Shape) => Promise<Shape>;

/** Clients for the agent's own adapters that speak to the cloud stand-in without a wire: same calls, same parameters. */
export function awsClients(once: InstanceCall, sleep: (ms: number) => Promise<void>): AwsClients {
  const call: InstanceCall = (action, params) => withSdkRetries(SDK_ATTEMPTS, () => once(action, params), sleep);
  return {
    autoscaling: sdkClient("autoscaling", call),
    secretsManager: sdkClient("secretsmanager", call),
    cloudwatch: sdkClient("cloudwatch", call),
  };
}
