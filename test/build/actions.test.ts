import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { actionFile, bundleActions, discoverActions, staleActions } from "../../build/actions";
import { ROOT } from "../../components/shared/package-layout";

describe("the programs of the actions", () => {
  it("are found by their folders", () => {
    assert.deepEqual(discoverActions(), ["persistent-runner/direct", "persistent-runner/start", "persistent-runner/stop"]);
    assert.equal(actionFile("persistent-runner/start"), "actions/persistent-runner/start/start.mjs");
  });

  it("are those that the sources give: GitHub takes what is committed, and builds nothing", async () => {
    assert.deepEqual(await staleActions(), [], "run `npm run build:actions` and commit them");
  });

  it("do not depend on where they are built, and `npm run check` names what is stale once a source has changed", async () => {
    const copy = mkdtempSync(join(tmpdir(), "ci-runners-actions-"));
    try {
      for (const folder of ["actions", "build", "components", "contract", "functions"])
        cpSync(join(ROOT, folder), join(copy, folder), { recursive: true });
      for (const file of ["package.json", "tsconfig.json"]) cpSync(join(ROOT, file), join(copy, file));
      symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
      const there = await bundleActions(copy);
      for (const [file, code] of await bundleActions()) assert.ok(code.equals(there.get(file)!), file);
      writeFileSync(join(copy, "contract/persistent-runner/control.ts"), "export const controlAudience = (name) => `other:${name}`;\n");
      assert.deepEqual((await staleActions(copy)).sort(), [
        "actions/persistent-runner/start/start.mjs",
        "actions/persistent-runner/stop/stop.mjs",
      ]);
      const check = spawnSync(process.execPath, ["-r", "ts-node/register", "build/actions.ts", "--check"], { cwd: copy, encoding: "utf8" });
      assert.equal(check.status, 1, check.stdout);
      assert.deepEqual(
        check.stderr
          .trim()
          .split("\n")
          .map((line) => line.replace(/ is stale: run `npm run build:actions` and commit it$/, ""))
          .sort(),
        ["actions/persistent-runner/start/start.mjs", "actions/persistent-runner/stop/stop.mjs"],
      );
      const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
      assert.match(scripts.check, /build:actions -- --check$/);
      assert.equal(scripts["build:actions"], "node -r ts-node/register build/actions.ts");
    } finally {
      rmSync(copy, { recursive: true });
    }
  });

  it("contain no path of the machine that built them", async () => {
    for (const [file, code] of await bundleActions()) assert.ok(!code.includes(ROOT), file);
  });
});
