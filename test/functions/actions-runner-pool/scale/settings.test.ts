import assert from "node:assert/strict";
import type { DemandSettings } from "../../../../contract/actions-runner-pool/demand";
import { ENV } from "../../../../contract/actions-runner-pool/environment";
import { ledgerTable, scalingSettings } from "../../../../functions/actions-runner-pool/scale/settings";

const given: DemandSettings = {
  idleTimeout: 120,
  minIdle: 1,
  schedules: [{ cron: "0 8 * * 1-5", timeZone: "Europe/Berlin", duration: 3600, minSize: 4 }],
};

describe("the scaler's settings", () => {
  it("are the component's, in milliseconds, with the schedules in their time zone", () => {
    const { scaling, scheduledFloor } = scalingSettings({ [ENV.demand]: JSON.stringify(given) });
    assert.deepEqual(scaling, { idleTimeout: 120_000, minIdle: 1, staleAfter: 780_000, notAssignedAfter: 90_000 });
    assert.deepEqual(
      ["2026-11-30T06:59:59Z", "2026-11-30T07:00:00Z", "2026-11-30T08:00:00Z"].map((at) => scheduledFloor(Date.parse(at))),
      [0, 4, 0],
    );
  });

  it("name the variable and the remedy if they are absent or of another release", () => {
    assert.throws(() => ledgerTable({}), /WORKFLOW_JOBS_TABLE is not set/);
    for (const value of ["{", "null", "[]", "7", '{"idleTimeout":"60","minIdle":0,"schedules":[]}', '{"idleTimeout":60,"minIdle":0}']) {
      assert.throws(() => scalingSettings({ [ENV.demand]: value }), /DEMAND is ".*": must be JSON .*deploy the pool again/, value);
    }
  });
});
