import assert from "node:assert/strict";
import { ENV } from "../../../../contract/actions-runner-pool/environment";
import { maxDrainSeconds, poolSettings } from "../../../../functions/actions-runner-pool/shared/settings";

describe("settings of the functions", () => {
  it("name the variable when pool or maximum drain are missing", () => {
    assert.throws(() => poolSettings({}), /POOL_NAME is not set/);
    assert.throws(() => maxDrainSeconds({ [ENV.maxDrainSeconds]: "48h" }), /MAX_DRAIN_SECONDS is "48h"/);
  });
});
