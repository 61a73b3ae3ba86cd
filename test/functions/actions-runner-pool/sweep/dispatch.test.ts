import assert from "node:assert/strict";
import { TIMING } from "../../../../contract/actions-runner-pool/timing";
import { dispatchSweep } from "../../../../functions/actions-runner-pool/sweep/dispatch";
import type { Member } from "../../../../functions/actions-runner-pool/sweep/ports";
import { NAMES, POOL } from "../../support/events";
import { RecordingObserver } from "../../support/observer";
import { SweepHarness, id } from "../../support/sweep-harness";

describe("the dispatch of the sweep function's events", () => {
  const observer = new RecordingObserver();
  const members: Member[] = [{ instanceId: id(1), lifecycleState: "InService" }];

  const dispatch = (event: unknown) => {
    const harness = new SweepHarness();
    harness.members = members;
    const none = async () => assert.fail("not part of it");
    const ports = {
      ...harness.ports,
      suspendedProcesses: async () => [],
      protectedInstances: async () => [id(1)],
      view: none,
      cancelRefresh: none,
      bundles: none,
      deleteBundle: none,
    };
    const scheduled = () => assert.fail("REFRESH_PREFERENCES is not JSON");
    return dispatchSweep(event, ports, { pool: POOL, names: NAMES, maxDrainSeconds: () => 3600, scheduled }, observer);
  };

  it("answers what a deletion would wait for although another setting is wrong, which is when a pool is to be deleted", async () => {
    assert.deepEqual(await dispatch({ check: "destroy" }), {
      instances: 1,
      busy: 1,
      draining: 0,
      longestWaitSeconds: 3600 + TIMING.forcedStopMargin,
      obstacles: [],
    });
  });

  it("logs the same as the deletion begins", async () => {
    await dispatch({ pool: POOL, check: "destroy", tf: { action: "delete", prev_input: null } });
    const [line] = observer.lines;
    assert.equal(line?.message, "destroy check: the deletion begins");
    assert.equal(line.fields.longestWaitSeconds, 3600 + TIMING.forcedStopMargin);
  });
});
