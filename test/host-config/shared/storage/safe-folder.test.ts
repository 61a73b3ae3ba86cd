import assert from "node:assert/strict";
import { chmodSync, existsSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { checkHidden, createMountPoint } from "../../../../host-config/shared/storage/safe-folder";

/** Of what the test creates. */
const OWNER = process.getuid!();

describe("the mount point of a volume", () => {
  let folder: string;
  // Not below /tmp, where every user may write.
  beforeEach(function () {
    if (OWNER !== 0) this.skip();
    folder = mkdtempSync(join(homedir(), ".ci-runners-test-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("is created with the folders that lead to it, which only root may change", () => {
    createMountPoint(join(folder, "srv/data"), OWNER);
    assert.equal(lstatSync(join(folder, "srv")).mode & 0o777, 0o755);
    createMountPoint(join(folder, "srv/data"), OWNER);
  });

  it("may be the job's own folder, because it cannot be replaced", () => {
    mkdirSync(join(folder, "data"));
    chmodSync(join(folder, "data"), 0o777);
    createMountPoint(join(folder, "data"), OWNER);
  });

  it("is refused where a job could have root mount the volume elsewhere: below a link", () => {
    mkdirSync(join(folder, "elsewhere"));
    symlinkSync(join(folder, "elsewhere"), join(folder, "srv"));
    assert.throws(() => createMountPoint(join(folder, "srv/data"), OWNER), /srv is no folder of root's alone/);
    assert.ok(!existsSync(join(folder, "elsewhere/data")), "it was created through the link");
    assert.throws(() => createMountPoint(join(folder, "srv"), OWNER), /srv cannot be a mount point/);
  });

  it("is refused below a folder that others may write to, or own", () => {
    mkdirSync(join(folder, "open"));
    chmodSync(join(folder, "open"), 0o775);
    assert.throws(() => createMountPoint(join(folder, "open/data"), OWNER), /open is no folder of root's alone/);
    chmodSync(join(folder, "open"), 0o1777);
    assert.throws(() => createMountPoint(join(folder, "open/data"), OWNER), /open is no folder/);
    assert.throws(() => createMountPoint(join(folder, "data/x"), OWNER + 1), /is no folder of root's alone/);
  });

  it("is refused where the image has something in it, which would be hidden, and the jobs' who own the volume", () => {
    mkdirSync(join(folder, "data"));
    checkHidden(join(folder, "data"));
    writeFileSync(join(folder, "data/service.sh"), "");
    assert.throws(() => checkHidden(join(folder, "data")), /^Error: storage: .*data of the image is not empty, and a volume would hide it/);
  });

  it("is refused where a file is in its place", () => {
    writeFileSync(join(folder, "data"), "");
    assert.throws(() => createMountPoint(join(folder, "data"), OWNER), /data is no folder/);
  });
});
