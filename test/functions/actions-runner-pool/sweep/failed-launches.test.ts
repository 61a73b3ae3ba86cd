import assert from "node:assert/strict";
import { SweepHarness, ago } from "../../support/sweep-harness";

const SPOT = "The provided credentials do not have permission to create the service-linked role for EC2 Spot Instances.";
const KEY = "Client.InternalError: Client error on launch";
const CAPACITY = "We currently do not have sufficient m7i.large capacity in the Availability Zone you requested (eu-central-1a).";

describe("the sweep of failed launches", () => {
  let harness: SweepHarness;
  beforeEach(() => (harness = new SweepHarness()));
  const reported = () => harness.observer.lines.filter(({ message }) => message.startsWith("sweep: launches failed"));

  it("tells each reason for which EC2 gave no instance once, or a pool that never gets one looks like one without jobs", async () => {
    harness.failedLaunches = [CAPACITY, CAPACITY, KEY].map((reason) => ({ reason, endedAt: ago(2) }));
    await harness.run();
    assert.deepEqual(
      reported().map(({ level, fields: { reason, launches } }) => [level, reason, launches]),
      [
        ["warn", CAPACITY, 2],
        ["warn", KEY, 1],
      ],
    );
  });

  it("names the remedy where EC2's words do not: a key that Auto Scaling may not use, an account without the role for Spot", async () => {
    harness.failedLaunches = [KEY, SPOT, CAPACITY].map((reason) => ({ reason, endedAt: ago(1) }));
    await harness.run();
    const remedies = reported().map(({ fields }) => String(fields.remedy));
    assert.match(remedies[0]!, /AWSServiceRoleForAutoScaling use it and create grants/);
    assert.match(remedies[1]!, /aws iam create-service-linked-role --aws-service-name spot\.amazonaws\.com/);
    assert.equal(remedies[2], "undefined");
  });

  it("reports no launch twice: what the previous sweep saw is left out", async () => {
    harness.failedLaunches = [{ reason: KEY, endedAt: ago(6) }];
    await harness.run();
    assert.deepEqual(reported(), []);
  });

  it("never fails the rest of the sweep when the history cannot be read", async () => {
    harness.ports.failedLaunches = async () => Promise.reject(new Error("Rate exceeded"));
    harness.secrets = [{ name: "ci-runners/ci-dev/i-00000000000000001", changedAt: ago(120) }];
    await harness.run();
    assert.deepEqual(harness.acts, ["delete ci-runners/ci-dev/i-00000000000000001"]);
    assert.equal(harness.observer.counts.SweepErrors, 1);
  });
});
