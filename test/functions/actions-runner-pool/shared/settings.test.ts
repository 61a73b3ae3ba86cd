import assert from "node:assert/strict";
import { ENV } from "../../../../contract/actions-runner-pool/environment";
import { maxDrainSeconds, poolSettings } from "../../../../functions/actions-runner-pool/shared/settings";

describe("the functions' settings", () => {
  it("name the environment variable when the pool name is missing or the maximum drain is not a number", () => {
    assert.throws(() => poolSettings({}), /POOL_NAME is not set/);
    assert.throws(() => maxDrainSeconds({ [ENV.maxDrainSeconds]: "48h" }), /MAX_DRAIN_SECONDS is "48h"/);
  });
});
