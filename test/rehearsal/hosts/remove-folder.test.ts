import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { machineImage } from "../../../rehearsal/hosts/image";
import { mountsBelow, removeFolder } from "../../../rehearsal/hosts/remove-folder";
import { needSystemd } from "./rig";

describe("the removal of a folder in which a root file system was built", () => {
  let dir: string;
  let folder: string;
  let outside: string;
  beforeEach(function () {
    needSystemd(this);
    dir = mkdtempSync(join(tmpdir(), "remove folder-"));
    outside = join(dir, "host");
    mkdirSync(outside);
    writeFileSync(join(outside, "file"), "");
    folder = join(dir, "building-1");
    mkdirSync(join(folder, "dev/shm"), { recursive: true });
  });
  afterEach(() => {
    for (const mount of dir ? mountsBelow(dir) : []) spawnSync("umount", ["--lazy", mount]);
    assert.deepEqual(mountsBelow(dir), []);
    rmSync(dir, { recursive: true, force: true });
  });

  const mount = (...args: string[]) => execFileSync("mount", args);

  it("does not reach the host's own files through a mount that a killed build left", async () => {
    mount("-t", "tmpfs", "none", join(folder, "dev"));
    mkdirSync(join(folder, "dev/shm"));
    mount("--bind", outside, join(folder, "dev/shm"));
    assert.ok(existsSync(join(folder, "dev/shm/file")));
    await removeFolder(folder);
    assert.deepEqual(readdirSync(dir), ["host"]);
    assert.deepEqual(readdirSync(outside), ["file"]);
  });

  it("finds such a mount also by a path with a link in it, as a cache folder's on another disk is", async () => {
    mount("--bind", outside, join(folder, "dev/shm"));
    symlinkSync(dir, join(outside, "link"));
    await removeFolder(join(outside, "link/building-1"));
    assert.deepEqual(readdirSync(dir), ["host"]);
    assert.deepEqual(readdirSync(outside).sort(), ["file", "link"]);
  });

  it("does not begin while a program of a build still uses such a mount", async () => {
    writeFileSync(join(folder, "first"), "");
    mount("--bind", outside, join(folder, "dev/shm"));
    const user = spawn("sh", ["-c", "echo here; exec cat"], { cwd: join(folder, "dev/shm"), stdio: ["pipe", "pipe", "inherit"] });
    await once(user.stdout, "data");
    try {
      await assert.rejects(removeFolder(folder), /umount .*dev\/shm failed/);
      assert.deepEqual([readdirSync(outside), readdirSync(folder).sort()], [["file"], ["dev", "first"]]);
    } finally {
      user.stdin.end();
      await once(user, "exit");
    }
    await removeFolder(folder);
    assert.deepEqual(readdirSync(dir), ["host"]);
  });

  it("leaves the mounts of a folder whose name only begins alike", async () => {
    const other = `${folder}0`;
    mkdirSync(other);
    mount("--bind", outside, other);
    await removeFolder(folder);
    assert.deepEqual(mountsBelow(dir), [other]);
  });

  it("comes before each build of an image, so that the next build cannot empty the host's folders", async () => {
    mount("--bind", outside, join(folder, "dev/shm"));
    await assert.rejects(machineImage({ cacheDir: dir, mirror: `file://${dir}/absent` }), /CI_RUNNERS_DEBIAN_MIRROR/);
    assert.deepEqual(readdirSync(dir).sort(), ["host", "lock"]);
    assert.deepEqual(readdirSync(outside), ["file"]);
  });
});
