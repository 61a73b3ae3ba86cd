import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { HostProxy } from "../../../contract/shared/host-setup";
import { proxyAgent } from "../../shared/proxy/agent";
import { hostClient } from "../../shared/sdk-client";

/** @param overrides used by tests: endpoint and credentials of a stand-in */
export function awsClients(region: string, proxy: HostProxy | undefined, overrides?: object) {
  const agent = proxyAgent(proxy);
  return {
    dynamodb: hostClient(DynamoDBClient, region, overrides, agent),
    cloudwatch: hostClient(CloudWatchClient, region, overrides, agent),
  };
}
