import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeRoomForWatchers } from "../../../rehearsal/hosts/systemd/limits";

describe("the room for machines' file watchers", () => {
  let dir: string;
  let file: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "limits-"));
    file = join(dir, "max_user_instances");
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  it("is made where the kernel's default would let the twentieth machine hang at boot, and told", () => {
    writeFileSync(file, "128\n");
    assert.match(makeRoomForWatchers(file)!, /from 128 to 4096/);
    assert.equal(readFileSync(file, "utf8"), "4096\n");
  });

  it("is left alone where somebody gave more", () => {
    writeFileSync(file, "65536\n");
    assert.equal(makeRoomForWatchers(file), undefined);
    assert.equal(readFileSync(file, "utf8"), "65536\n");
  });

  it("is no reason to fail where it cannot be made, but is told: a few machines do without", function () {
    if (process.platform !== "linux") this.skip();
    // A number that not even root may change.
    assert.match(makeRoomForWatchers("/proc/sys/kernel/cap_last_cap")!, /cannot be raised .*may hang at boot/);
    assert.equal(makeRoomForWatchers(join(dir, "absent")), undefined);
  });
});
