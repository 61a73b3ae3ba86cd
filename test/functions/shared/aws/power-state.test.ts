import assert from "node:assert/strict";
import { ec2Client, type Ec2 } from "../../../../functions/shared/aws/clients";
import { isOff } from "../../../../functions/shared/aws/power-state";
import { AwsError } from "../../../../rehearsal/aws/api";
import type { Instance, PowerState } from "../../../../rehearsal/aws/ec2/instance";
import { ACCOUNT, type AwsHarness, startHarness } from "../../../rehearsal/aws/harness";

const OFF: Record<PowerState, boolean> = {
  pending: false,
  running: false,
  stopping: false,
  stopped: true,
  "shutting-down": true,
  terminated: true,
};

describe("the power state of an instance, read by the AWS SDK", () => {
  let harness: AwsHarness;
  let client: Ec2;
  let instance: Instance;

  before(async () => {
    harness = await startHarness();
    const { accessKeyId, secretAccessKey } = harness.credentials.issue({ kind: "operator" });
    const endpoint = `http://127.0.0.1:${harness.front.httpPort}`;
    client = ec2Client({ region: ACCOUNT.region, endpoint, credentials: { accessKeyId, secretAccessKey }, maxAttempts: 1 });
    const request = { userData: "", instanceType: "t4g.small", subnetId: "subnet-1", availabilityZone: "eu-central-1a", tags: {} };
    instance = harness.fleet.create(request);
  });
  after(() => harness.end());

  for (const [state, off] of Object.entries(OFF) as [PowerState, boolean][]) {
    it(`${off ? "is" : "is not"} off in the state ${state}${off ? ", so that none waits for its host" : ": a job may run"}`, async () => {
      instance.state = state;
      assert.equal(await isOff(client, instance.id), off);
    });
  }

  it("is off once EC2 has forgotten the instance, about an hour after its termination", async () => {
    assert.equal(await isOff(client, "i-0123456789abcdef0"), true);
  });

  it("is unknown, not off, while EC2 does not answer the question", async () => {
    const remove = harness.faults.inject({ action: "ec2:DescribeInstances", error: throttled() });
    await assert.rejects(isOff(client, instance.id), { name: "RequestLimitExceeded" });
    remove();
  });
});

const throttled = () => new AwsError("RequestLimitExceeded", "Request limit exceeded.", 503);
