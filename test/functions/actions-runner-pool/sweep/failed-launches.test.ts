import assert from "node:assert/strict";
import { SweepHarness, ago } from "../../support/sweep-harness";

const SPOT = "The provided credentials do not have permission to create the service-linked role for EC2 Spot Instances.";
const KEY = "Client.InternalError: Client error on launch";
const CAPACITY = "We currently do not have sufficient m7i.large capacity in the Availability Zone you requested (eu-central-1a).";

describe("the sweep of failed launches", () => {
  let harness: SweepHarness;
  beforeEach(() => (harness = new SweepHarness()));
  const reported = () => harness.observer.lines.filter(({ message }) => message.startsWith("sweep: launches failed"));

  it("reports each reason for which EC2 gave no instance once, or a pool that never gets one seems to be one without jobs", async () => {
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

  it("reports no launch twice, nor after a cold start what a sweep before it has reported", async () => {
    harness.failedLaunches = [
      { reason: KEY, endedAt: ago(2) },
      { reason: SPOT, endedAt: ago(6) },
    ];
    await harness.run();
    await harness.runFor(15);
    assert.deepEqual(
      reported().map(({ fields }) => fields.reason),
      [KEY],
    );
  });

  it("skips no failure before a late sweep, nor one that a sweep could not read", async () => {
    await harness.run();
    harness.now += 8 * 60_000;
    harness.failedLaunches = [{ reason: KEY, endedAt: ago(-1) }];
    await harness.run();
    const { failedLaunches } = harness.ports;
    harness.ports.failedLaunches = async () => Promise.reject(new Error("Rate exceeded"));
    harness.failedLaunches = [
      { reason: CAPACITY, endedAt: ago(-9) },
      { reason: SPOT, endedAt: ago(-9) },
      { reason: KEY, endedAt: ago(-1) },
    ];
    await harness.runFor(5);
    harness.ports.failedLaunches = failedLaunches;
    await harness.runFor(10);
    assert.deepEqual(
      reported().map(({ fields }) => fields.reason),
      [KEY, CAPACITY, SPOT],
    );
  });

  it("never fails the rest of the sweep when the history cannot be read", async () => {
    harness.ports.failedLaunches = async () => Promise.reject(new Error("Rate exceeded"));
    harness.secrets = [{ name: "ci-runners/ci-dev/i-00000000000000001", changedAt: ago(120) }];
    await harness.run();
    assert.deepEqual(harness.acts, ["delete ci-runners/ci-dev/i-00000000000000001"]);
    assert.equal(harness.observer.counts.SweepErrors, 1);
  });
});
