import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { departureMark } from "../../../host-config/actions-runner-pool/agent/departure-mark";

describe("the mark of a terminating instance", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "departure-"))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("is visible to every process once it is set, and may be set again", async () => {
    const mark = departureMark([folder]);
    assert.equal(await mark.isSet(), false);
    await mark.set();
    await mark.set();
    assert.equal(await departureMark([folder]).isSet(), true);
  });

  it("goes into another folder when a job has used up the disk, or the instance would never terminate", async () => {
    // A missing folder fails like a disk without free inodes.
    const folders = [join(folder, "full"), folder];
    await departureMark(folders).set();
    mkdirSync(folders[0]!);
    assert.equal(await departureMark(folders).isSet(), true);
  });

  it("rejects when no folder is writable, so that the completion is retried", async () => {
    const mark = departureMark([join(folder, "full"), join(folder, "full too")]);
    await assert.rejects(mark.set(), /ENOENT/);
    assert.equal(await mark.isSet(), false);
  });
});
