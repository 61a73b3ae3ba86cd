import assert from "node:assert/strict";
import { acquire } from "../../../../functions/persistent-runner/shared/lease-writes";
import { awsError } from "../../support/aws";
import { APP, INSTANCE } from "../support/harness";
import { changed, described, persistentRunnerBundles } from "../support/bundle-runs";

const { signal } = new AbortController();

describe("reap function bundle", () => {
  const functions = persistentRunnerBundles();
  const event = (id: string) => ({
    "detail-type": "EC2 Instance State-change Notification",
    detail: { "instance-id": id, state: "running" },
  });

  it("releases and stops the machine of a run that asks no more, and ignores other instances", async () => {
    const lease = functions.lease();
    const before = await lease.read(signal);
    assert.ok(await lease.write(acquire(before, APP, Math.floor(Date.now() / 1000) - 1, INSTANCE, Date.now() - 600_000), signal));
    const result = await functions.run("reap", [event("i-0fedcba9876543210"), event(INSTANCE)], {
      DescribeInstances: () => described("running", Date.now() - 300_000),
      StopInstances: () => changed("StopInstances"),
    });
    assert.equal(result.code, 0, result.stderr);
    assert.deepEqual(result.awsCalls, ["DescribeInstances", "DescribeInstances", "StopInstances"]);
    const { phase, holder } = await lease.read(signal);
    assert.deepEqual({ phase, holder }, { phase: "stopping", holder: undefined });
    assert.deepEqual(result.metrics, { OverdueSession: 0, StopFailed: 0, ExpiredLeases: 1 });
  });

  it("deletes the order that no machine has read, once the machine is off", async () => {
    const old = Date.now() / 1000 - 3_600;
    const lease = functions.lease();
    const { stoppedAt: _, ...seen } = await lease.read(signal);
    const when = { attribute: "generation", is: "=", value: seen.generation } as const;
    await lease.write({ when, set: { phase: "stopped", changedAt: Date.now() - 600_000 }, remove: ["stoppedAt"] }, signal);
    const result = await functions.run("reap", [{}], {
      DescribeInstances: () => described("stopped", Date.now() - 3_600_000),
      DescribeSecret: () => ({ Name: "ci-runners-order/build", LastChangedDate: old }),
      DeleteSecret: () => ({}),
    });
    assert.equal(result.code, 0, result.stderr);
    assert.deepEqual(result.awsCalls, ["DescribeInstances", "DescribeSecret", "DeleteSecret"]);
    assert.equal(JSON.parse(result.bodies("DeleteSecret")[0]!).SecretId, "ci-runners-order/build");
    const none = await functions.run("reap", [{}], {
      DescribeInstances: () => described("stopped", Date.now() - 3_600_000),
      DescribeSecret: () => awsError("ResourceNotFoundException", "none"),
    });
    assert.equal(none.metrics.ReapErrors, undefined, none.stderr);
  });
});
