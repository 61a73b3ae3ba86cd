import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { raiseInotifyLimit } from "../../../rehearsal/hosts/systemd/limits";

describe("the limit of inotify instances", () => {
  let dir: string;
  let file: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "limits-"));
    file = join(dir, "max_user_instances");
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  it("is raised, with a message, if the kernel's default would make the twentieth machine hang at boot", () => {
    writeFileSync(file, "128\n");
    assert.match(raiseInotifyLimit(file)!, /from 128 to 4096/);
    assert.equal(readFileSync(file, "utf8"), "4096\n");
  });

  it("is not changed if the administrator has set a higher one", () => {
    writeFileSync(file, "65536\n");
    assert.equal(raiseInotifyLimit(file), undefined);
    assert.equal(readFileSync(file, "utf8"), "65536\n");
  });

  it("is reported, without failing, if it cannot be raised: a few machines can do without", function () {
    if (process.platform !== "linux") this.skip();
    // A number that not even root can change.
    assert.match(raiseInotifyLimit("/proc/sys/kernel/cap_last_cap")!, /cannot be raised .*may hang at boot/);
    assert.equal(raiseInotifyLimit(join(dir, "absent")), undefined);
  });
});
