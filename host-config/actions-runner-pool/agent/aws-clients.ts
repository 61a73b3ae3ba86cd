import { AutoScalingClient } from "@aws-sdk/client-auto-scaling";
import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { hostClient } from "../../shared/sdk-client";
import type { AwsClients } from "./aws-adapters";

/** @param overrides used by tests: endpoint and credentials of a stand-in */
export function awsClients(region: string, overrides?: object): AwsClients {
  return {
    autoscaling: hostClient(AutoScalingClient, region, overrides),
    secretsManager: hostClient(SecretsManagerClient, region, overrides),
    cloudwatch: hostClient(CloudWatchClient, region, overrides),
  };
}
