import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { UsageError } from "../../../../cli/options";
import { RUNNER_RELEASE } from "../../../../contract/shared/runner-release";
import type { RehearsalOptions } from "../../../../rehearsal/rehearsal-options";
import { readStackConfiguration } from "../../../../rehearsal/environment/stack-configuration";
import { configOverrides } from "../../../../rehearsal/scenarios/actions-runner-pool/config-overrides";
import { poolConfiguration } from "../../../../rehearsal/scenarios/actions-runner-pool/pool-configuration";

const ROOT = resolve(__dirname, "../../../..");

describe("a pool's configuration in a rehearsal", () => {
  it("is the stack's configuration over the project's defaults, as in the engine", () => {
    const { maxSize, minSize, rootVolumeSize } = poolConfiguration(readStackConfiguration(ROOT, ROOT, "dev"));
    assert.deepEqual([minSize, maxSize, rootVolumeSize], [1, 6, 0]);
  });

  it("pins the stand-in's own digest and the release with it, because one without the other is refused", () => {
    const options = { instances: 2 } as RehearsalOptions;
    const pinOf = (stack: string) => {
      const overrides = configOverrides(options, poolConfiguration(readStackConfiguration(ROOT, ROOT, stack)), "7".repeat(64));
      return [overrides.runnerVersion, overrides.runnerSha256];
    };
    assert.deepEqual(pinOf("dev"), [RUNNER_RELEASE.version, "7".repeat(64)]);
    assert.deepEqual(pinOf("sandbox"), [readStackConfiguration(ROOT, ROOT, "sandbox").get("runnerVersion"), "7".repeat(64)]);
    // The runner is on the image.
    assert.deepEqual(pinOf("prod"), [undefined, undefined]);
  });

  it("begins without a source of demand, which would undo the first scale-ins, in every test that opens a pool", () => {
    const stack = readStackConfiguration(ROOT, ROOT, "dev");
    assert.ok(Object.keys(stack.get("demand")).length > 0, "the stack that is rehearsed by default has no source of demand");
    assert.deepEqual(configOverrides({ instances: 2 } as RehearsalOptions, poolConfiguration(stack), "7".repeat(64)).demand, {});
  });

  it("is rejected if the stack does not exist or has no pool", () => {
    assert.throws(() => readStackConfiguration(ROOT, ROOT, "nowhere"), UsageError);
    const folder = mkdtempSync(join(tmpdir(), "ci-runners-configuration-"));
    try {
      writeFileSync(join(folder, "Pulumi.yaml"), "name: x\nconfig:\n  maxSize:\n    type: integer\n    default: 0\n");
      writeFileSync(join(folder, "Pulumi.bare.yaml"), "config:\n  aws:region: us-east-1\n");
      assert.throws(() => poolConfiguration(readStackConfiguration(folder, folder, "bare")), /sets no maxSize/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
