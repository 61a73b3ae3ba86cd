import type { AwsClients } from "../../../host-config/actions-runner-pool/agent/aws-adapters";
import { SDK_ATTEMPTS } from "../../../host-config/shared/sdk-bounds";
import type { Shape } from "../../aws/api";
import { sdkClient } from "../../aws/sdk-client";
import { withSdkRetries } from "../../aws/sdk-retries";

/** One call to the AWS stand-in with the credentials of the instance profile. */
export type InstanceCall = (action: string, params: Shape) => Promise<Shape>;

/** Clients for the agent's adapters that call the AWS stand-in without HTTP: same operations, same parameters. */
export function awsClients(once: InstanceCall, sleep: (ms: number) => Promise<void>): AwsClients {
  const call: InstanceCall = (action, params) => withSdkRetries(SDK_ATTEMPTS, () => once(action, params), sleep);
  return {
    autoscaling: sdkClient("autoscaling", call),
    secretsManager: sdkClient("secretsmanager", call),
    cloudwatch: sdkClient("cloudwatch", call),
  };
}
