import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundleEntries, bundleInputs } from "../../../host-config/persistent-runner/bundle";

describe("the host bundle of a persistent machine", () => {
  let root: string;
  before(() => {
    root = mkdtempSync(join(tmpdir(), "bundle-"));
    for (const { path, content } of bundleEntries()) writeFileSync(join(root, path), content);
  });
  after(() => rmSync(root, { recursive: true, force: true }));

  const agent = (...args: string[]) => spawnSync(process.execPath, [join(root, "agent.cjs"), ...args], { encoding: "utf8" });

  it("has the same bytes each time and lists its sources", () => {
    assert.deepEqual(bundleEntries(), bundleEntries());
    for (const input of [
      "host-config/persistent-runner/install.sh",
      "host-config/shared/install-runner.sh",
      "contract/persistent-runner/host.ts",
    ])
      assert.ok(bundleInputs().includes(input), input);
  });

  it("contains nothing of this machine", () => {
    const text = bundleEntries()
      .map(({ content }) => content.toString())
      .join("\n");
    assert.ok(!text.includes(process.cwd()));
  });

  it("rejects an unknown command, including names that every JavaScript object has", () => {
    for (const command of ["frobnicate", "constructor", ""]) {
      const result = agent(command);
      assert.equal(result.status, 64, command);
      assert.match(result.stderr, /one of: boot, failed, idle, drain, ended, report, storage, engine, logs, diagnostics\n/);
    }
  });

  it("does nothing on a machine without a configuration", () => {
    for (const command of ["boot", "idle", "ended", "storage"]) {
      const result = agent(command);
      assert.deepEqual([result.status, result.stdout], [0, ""], result.stderr);
      assert.match(result.stderr, /no configuration, nothing to do/);
    }
  });
});
