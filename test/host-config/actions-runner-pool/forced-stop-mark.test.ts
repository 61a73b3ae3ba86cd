import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { forcedStopMark, forgetForcedStop } from "../../../host-config/actions-runner-pool/agent/forced-stop-mark";

describe("the mark of a forced stop", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "forced-"))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("is visible to every process until the next start of the runner clears it", async () => {
    const places = [join(folder, "forced")];
    const mark = forcedStopMark(places);
    await mark.set();
    assert.deepEqual([await forcedStopMark(places).isSet(), await forcedStopMark(places).isUncounted()], [true, true]);
    await mark.clear();
    assert.deepEqual([await forcedStopMark(places).isSet(), await forcedStopMark(places).isUncounted()], [false, true]);
    await mark.setCounted();
    assert.deepEqual([await forcedStopMark(places).isSet(), await forcedStopMark(places).isUncounted()], [false, false]);
  });

  it("goes to another place when /run takes no file, or every drain would begin again and maxDrain would never end", async () => {
    // A missing folder fails like a file system without free inodes.
    const places = [join(folder, "full/forced"), join(folder, "forced")];
    const mark = forcedStopMark(places);
    await mark.set();
    mkdirSync(join(folder, "full"));
    assert.deepEqual([await forcedStopMark(places).isSet(), await forcedStopMark(places).isUncounted()], [true, true]);
    await mark.clear();
    await mark.setCounted();
    assert.deepEqual([await mark.isSet(), await mark.isUncounted()], [false, false], "both places are cleared");
  });

  it("is forgotten by a machine that is installed from the image of one whose drain gave up, or each would count that stop again", async () => {
    const places = [join(folder, "run"), join(folder, "disk")];
    await forcedStopMark([places[1]!]).set();
    forgetForcedStop(places);
    assert.deepEqual([await forcedStopMark(places).isSet(), await forcedStopMark(places).isUncounted()], [false, false]);
    assert.deepEqual(readdirSync(folder), []);
  });
});
