import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { departureMark } from "../../../host-config/actions-runner-pool/agent/departure-mark";

describe("the mark of an instance that is being let go", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "departure-"))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("is there for every process once one has set it, again too", async () => {
    const mark = departureMark([folder]);
    assert.equal(await mark.isSet(), false);
    await mark.set();
    await mark.set();
    assert.equal(await departureMark([folder]).isSet(), true);
  });

  it("finds another place where a job has used up the disk, or the instance would never be let go", async () => {
    // A folder that is not there refuses as a disk without inodes does.
    const places = [join(folder, "full"), folder];
    await departureMark(places).set();
    mkdirSync(places[0]!);
    assert.equal(await departureMark(places).isSet(), true);
  });

  it("says so where no place is left, so that the completion is tried again", async () => {
    const mark = departureMark([join(folder, "full"), join(folder, "full too")]);
    await assert.rejects(mark.set(), /ENOENT/);
    assert.equal(await mark.isSet(), false);
  });
});
