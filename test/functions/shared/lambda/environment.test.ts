import assert from "node:assert/strict";
import { join } from "node:path";
import { discoverFunctions } from "../../../../build/discover";
import { functionFile } from "../../../../components/shared/package-layout";
import { builtFunctions } from "../../../support/built";
import { runBundle } from "../../support/bundle";

/** What the functions of each component read first. */
const FIRST: Record<string, string> = {
  "actions-runner-pool": "POOL_NAME",
  "persistent-runner": "(PERSISTENT_RUNNER_NAME|INSTANCE_TYPES)",
  "workflow-jobs": "WORKFLOW_JOBS_NAME",
};

describe("every function bundle", () => {
  before(() => builtFunctions());

  for (const key of discoverFunctions()) {
    it(`names the environment variable that is missing: ${key}`, async () => {
      const { code, stderr } = await runBundle(join(await builtFunctions(), functionFile(key)), { AWS_REGION: "eu-central-1" }, []);
      assert.notEqual(code, 0);
      assert.match(stderr, new RegExp(`environment variable ${FIRST[key.split("/")[0]!]} is not set`));
    });
  }
});
