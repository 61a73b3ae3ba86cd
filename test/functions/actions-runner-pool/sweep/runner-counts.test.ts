import assert from "node:assert/strict";
import { METRIC } from "../../../../contract/actions-runner-pool/metrics";
import { offline, SweepHarness, id } from "../../support/sweep-harness";

const counted = ({ observer: { counts } }: SweepHarness) => [counts[METRIC.onlineRunners], counts[METRIC.busyRunners]];

describe("the sweep's count of runners", () => {
  it("leaves out the runners of other pools, which GitHub lists as well", async () => {
    const harness = new SweepHarness();
    harness.members = [1, 2, 3].map((n) => ({ instanceId: id(n), lifecycleState: "InService" }));
    harness.listed = [id(8), id(9)];
    harness.runners = [
      [{ ...offline(1), online: true, busy: true }, { ...offline(2), online: true }, offline(3)],
      [{ ...offline(9), online: true, busy: true }, offline(8)],
    ];
    await harness.run();
    assert.deepEqual(counted(harness), [2, 1]);
  });

  it("publishes zero for a pool without instances, and nothing if the group or GitHub's list was not read", async () => {
    const empty = new SweepHarness();
    await empty.run();
    assert.deepEqual(counted(empty), [0, 0]);

    const unlisted = new SweepHarness();
    const gitHub = unlisted.ports.gitHub();
    unlisted.ports.gitHub = () => ({ ...gitHub, remainingQuota: (calls) => (calls === undefined ? 1 : 0.01) });
    await unlisted.run();
    assert.deepEqual(counted(unlisted), [undefined, undefined]);

    const unread = new SweepHarness();
    unread.ports.members = async () => Promise.reject(new Error("Rate exceeded"));
    await unread.run();
    assert.deepEqual(counted(unread), [undefined, undefined]);
  });
});
