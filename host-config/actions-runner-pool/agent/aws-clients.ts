import { AutoScalingClient } from "@aws-sdk/client-auto-scaling";
import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { HostProxy } from "../../../contract/shared/host-setup";
import { proxyAgent } from "../../shared/proxy/agent";
import { hostClient } from "../../shared/sdk-client";
import type { AwsClients } from "./aws-adapters";

/** @param overrides used by tests: endpoint and credentials of a stand-in */
export function awsClients(region: string, proxy: HostProxy | undefined, overrides?: object): AwsClients {
  const agent = proxyAgent(proxy);
  return {
    autoscaling: hostClient(AutoScalingClient, region, overrides, agent),
    secretsManager: hostClient(SecretsManagerClient, region, overrides, agent),
    cloudwatch: hostClient(CloudWatchClient, region, overrides, agent),
  };
}
