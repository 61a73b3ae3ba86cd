import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mountsBelow, usersMountsBelow } from "../../../host-config/shared/mounts";

describe("the kernel's list of mounts", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "mounts-"))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("has each path as it is, although the kernel escapes some characters, or a job could hide a mount by its name", () => {
    mkdirSync(join(folder, "self"));
    const lines = ["/home/runner/a\\040b", "/home/runner/a\\011b\\012c\\134\\134040", "/home/runner2"].map(
      (at, index) => `${40 + index} 36 0:50 / ${at} rw shared:2 - fuse.planted planted rw`,
    );
    writeFileSync(join(folder, "self/mountinfo"), `${lines.join("\n")}\n`);
    assert.deepEqual(usersMountsBelow(["/home/runner"], folder), ["/home/runner/a\tb\nc\\\\040", "/home/runner/a b"]);
  });

  it("is read as a real kernel writes it", function () {
    if (process.getuid!() !== 0) return this.skip();
    const [at, copy] = [join(folder, "a b\\040\tc\nd"), join(folder, "self/mountinfo")];
    mkdirSync(at);
    mkdirSync(join(folder, "self"));
    const script = 'mount -t tmpfs none "$1" && cat /proc/self/mountinfo >"$2"';
    try {
      execFileSync("unshare", ["--mount", "--propagation", "private", "sh", "-c", script, "sh", at, copy], { stdio: "pipe" });
    } catch {
      // An unprivileged container.
      return this.skip();
    }
    assert.deepEqual(
      mountsBelow([folder], folder).map((mount) => mount.at),
      [at],
    );
  });
});
