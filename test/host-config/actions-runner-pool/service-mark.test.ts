import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { forgetService, serviceMark } from "../../../host-config/actions-runner-pool/agent/service-mark";

describe("the mark of an instance that has served", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "served-"))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("survives processes, and is forgotten by the installation of an image that carries it", async () => {
    await serviceMark([folder]).set();
    await serviceMark([folder]).set();
    assert.equal(await serviceMark([folder]).isSet(), true);
    forgetService([folder, join(folder, "absent")]);
    assert.equal(await serviceMark([folder]).isSet(), false);
  });

  it("is set elsewhere if a job has filled the disk, and refused only where it can be set nowhere", async () => {
    const other = join(folder, "run");
    mkdirSync(other);
    await serviceMark([join(folder, "full"), other]).set();
    assert.equal(await serviceMark([join(folder, "full"), other]).isSet(), true);
    await assert.rejects(serviceMark([join(folder, "full")]).set(), /ENOENT/);
  });
});
