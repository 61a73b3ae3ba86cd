import assert from "node:assert/strict";
import type { AutoScalingClient } from "@aws-sdk/client-auto-scaling";
import { LONGEST_REGION, PARTITIONS, partitionOf } from "../../../contract/aws/partitions";
import { autoScalingClient, secretsManagerClient, systemsManagerClient } from "../../../functions/shared/aws/clients";
import { awsClients } from "../../../host-config/actions-runner-pool/agent/aws-clients";
import { serviceUrl } from "../../../host-config/shared/user-data";

/** Regions of each partition, with those whose names are the least usual. */
const REGIONS = [
  "us-east-1",
  "eu-central-1",
  "ap-southeast-7",
  "mx-central-1",
  "il-central-1",
  "us-gov-east-1",
  "us-gov-west-1",
  "cn-north-1",
  "cn-northwest-1",
  "eusc-de-east-1",
];

/** The SDK's own rules, which each client of these services has. */
type Configured = Pick<AutoScalingClient, "config">;

async function endpointOf(client: unknown): Promise<string> {
  const { config } = client as Configured;
  const endpoint = config.endpointProvider({ Region: await config.region(), UseDualStack: false, UseFIPS: false });
  return endpoint.url.href;
}

describe("the table of AWS's partitions", () => {
  for (const region of REGIONS) {
    it(`gives ${region} the address that the SDK's own resolver has, for the user data and for the clients of hosts`, async () => {
      const { autoscaling, secretsManager, cloudwatch } = awsClients(region, undefined);
      assert.equal(await endpointOf(autoscaling), serviceUrl("autoscaling", region));
      assert.equal(await endpointOf(secretsManager), serviceUrl("secretsmanager", region));
      assert.equal(await endpointOf(cloudwatch), serviceUrl("monitoring", region));
    });

    it(`gives ${region} the address that the functions' clients find from the Region that Lambda names`, async () => {
      const before = process.env.AWS_REGION;
      process.env.AWS_REGION = region;
      try {
        assert.equal(await endpointOf(autoScalingClient()), serviceUrl("autoscaling", region));
        assert.equal(await endpointOf(secretsManagerClient()), serviceUrl("secretsmanager", region));
        assert.equal(await endpointOf(systemsManagerClient()), serviceUrl("ssm", region));
      } finally {
        if (before === undefined) delete process.env.AWS_REGION;
        else process.env.AWS_REGION = before;
      }
    });
  }

  it("takes a new Region of no known partition for a commercial one, as the SDK does", async () => {
    assert.equal(partitionOf("xx-new-9").id, "aws");
    assert.equal(await endpointOf(awsClients("xx-new-9", undefined).autoscaling), serviceUrl("autoscaling", "xx-new-9"));
  });

  it("claims no Region twice, and knows one of each partition", () => {
    for (const region of REGIONS) assert.equal(PARTITIONS.filter(({ regions }) => regions.test(region)).length, 1, region);
    for (const { id } of PARTITIONS)
      assert.ok(
        REGIONS.some((region) => partitionOf(region).id === id),
        id,
      );
  });

  it("measures user data by an address that no Region's exceeds", () => {
    const longest = serviceUrl("autoscaling", LONGEST_REGION).length;
    for (const region of REGIONS) assert.ok(serviceUrl("autoscaling", region).length <= longest, region);
  });
});
