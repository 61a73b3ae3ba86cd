import assert from "node:assert/strict";
import { ENV } from "../../../../contract/actions-runner-pool/environment";
import { maxDrainSeconds, poolSettings, runnerVersion } from "../../../../functions/actions-runner-pool/shared/settings";

describe("the functions' settings", () => {
  it("name the environment variable when the pool name is missing or the maximum drain is not a number", () => {
    assert.throws(() => poolSettings({}), /POOL_NAME is not set/);
    assert.throws(() => maxDrainSeconds({ [ENV.maxDrainSeconds]: "48h" }), /MAX_DRAIN_SECONDS is "48h"/);
  });

  it("leave out the runner's version where it is on the image, instead of looking up the end of an empty one", () => {
    assert.deepEqual([runnerVersion({}), runnerVersion({ [ENV.runnerVersion]: "" })], [undefined, undefined]);
    assert.equal(runnerVersion({ [ENV.runnerVersion]: "2.350.0" }), "2.350.0");
  });
});
