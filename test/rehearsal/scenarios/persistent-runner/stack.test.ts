import assert from "node:assert/strict";
import { join } from "node:path";
import { UsageError } from "../../../../cli/options";
import { readStackConfiguration } from "../../../../rehearsal/environment/stack-configuration";
import { commitOf } from "../../../../rehearsal/github/workflows/commits";
import { actionFiles, actionsCommit } from "../../../../rehearsal/scenarios/persistent-runner/action-tree";
import { configOverrides, machineOf, repositoriesOf, stackDir } from "../../../../rehearsal/scenarios/persistent-runner/stack";

const PROJECT = join(__dirname, "../../../..");
const stack = readStackConfiguration(PROJECT, stackDir(PROJECT, "dev"), "dev");

describe("the stack of a persistent machine's rehearsal", () => {
  it("is none of the project's folder, from which promotion deploys", () => {
    assert.notEqual(stackDir(PROJECT, "dev"), PROJECT);
    assert.throws(
      () => stackDir(PROJECT, "prod"),
      (error) => error instanceof UsageError && /--stack prod.*give --stack dev/.test(error.message),
    );
  });

  it("admits two repositories", () => {
    assert.deepEqual(repositoriesOf(machineOf(stack)), ["example-org/app", "example-org/tools"]);
  });

  it("is refused without a machine, by the key", () => {
    assert.throws(() => machineOf({ region: "us-east-1", get: () => undefined }), /persistentRunner\.persistentRunnerName/);
  });

  it("is deployed with the runner and the actions of this checkout, and as it is otherwise", () => {
    const { persistentRunner } = configOverrides({ lease: true }, stack, "7".repeat(64)) as { persistentRunner: Record<string, any> };
    const { runner, actions, ...others } = persistentRunner;
    assert.equal(runner.sha256, "7".repeat(64));
    assert.equal(actions.ref, actionsCommit().sha);
    const { actions: _, ...given } = machineOf(stack) as Record<string, any>;
    assert.deepEqual(others, given);
  });

  it("has for the control experiment a runner that is registered once, as the original's", () => {
    const { persistentRunner } = configOverrides({ lease: false }, stack, "7".repeat(64)) as { persistentRunner: Record<string, any> };
    assert.equal(persistentRunner.registration, "service");
  });

  it("names actions by a commit with what workflows get: descriptions and bundles, no sources", () => {
    const paths = Object.keys(actionFiles());
    for (const path of ["start/action.yml", "start/start.mjs", "stop/action.yml", "stop/stop.mjs"]) {
      assert.ok(paths.includes(`actions/persistent-runner/${path}`), path);
    }
    assert.deepEqual(
      paths.filter((path) => path.endsWith(".ts")),
      [],
    );
    assert.equal(actionsCommit().sha, commitOf(actionFiles(), "Begin").sha);
    assert.match(actionsCommit().sha, /^[0-9a-f]{40}$/);
  });
});
