import assert from "node:assert/strict";
import { join } from "node:path";
import { discoverFunctions } from "../../../../build/discover";
import { functionFile } from "../../../../components/shared/package-layout";
import { runBundle } from "../../support/bundle";
import { builtFunctions } from "../../support/bundle-runs";

describe("every function bundle", () => {
  before(() => builtFunctions());

  it("names the environment variable that is missing", async () => {
    for (const key of discoverFunctions()) {
      const { code, stderr } = await runBundle(join(await builtFunctions(), functionFile(key)), { AWS_REGION: "eu-central-1" }, []);
      assert.notEqual(code, 0);
      assert.match(stderr, /environment variable POOL_NAME is not set/);
    }
  });
});
