import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { UsageError } from "../../../../cli/options";
import { readStackConfiguration } from "../../../../rehearsal/environment/stack-configuration";
import { poolConfiguration } from "../../../../rehearsal/scenarios/actions-runner-pool/pool-configuration";

const ROOT = resolve(__dirname, "../../../..");

describe("a pool's configuration in a rehearsal", () => {
  it("is the stack's configuration over the project's defaults, as in the engine", () => {
    const { maxSize, minSize, rootVolumeSize } = poolConfiguration(readStackConfiguration(ROOT, ROOT, "dev"));
    assert.deepEqual([minSize, maxSize, rootVolumeSize], [1, 6, 0]);
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
