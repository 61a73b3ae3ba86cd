import assert from "node:assert/strict";
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brokenSeal, cacheFolder, ownFolder, seal } from "../../rehearsal/cache-folder";

/** A uid that owns nothing. */
const NOBODY = 65_534;

describe("a cache folder", () => {
  let dir: string;
  beforeEach(() => (dir = mkdtempSync(join(tmpdir(), "cache-folder-"))));
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const mode = (path: string) => lstatSync(path).mode & 0o7777;

  it("is below XDG_CACHE_HOME, which the errors name as the remedy", () => {
    assert.equal(cacheFolder("machine", { XDG_CACHE_HOME: "/var/cache/me" }), "/var/cache/me/ci-runners/machine");
    assert.match(cacheFolder("machine", {}), /\/\.cache\/ci-runners\/machine$/);
  });

  it("is closed to other users, who could start its old programs that run as root, under any umask", () => {
    const umask = process.umask(0o002);
    try {
      ownFolder(join(dir, "new/ci-runners/machine"));
    } finally {
      process.umask(umask);
    }
    assert.equal(mode(join(dir, "new/ci-runners/machine")), 0o700);
    assert.equal(mode(join(dir, "new/ci-runners")) & 0o022, 0);
    mkdirSync(join(dir, "old"), { mode: 0o755 });
    ownFolder(join(dir, "old"));
    assert.equal(mode(join(dir, "old")), 0o700, "one of an earlier release");
  });

  it("is refused if other users can write to it, even in a sticky one, since they may have put something there before", () => {
    for (const open of [0o777, 0o775, 0o1777]) {
      mkdirSync(join(dir, "open"));
      chmodSync(join(dir, "open"), open);
      assert.throws(() => ownFolder(join(dir, "open")), {
        message: new RegExp(`open is writable by other users \\(mode ${open.toString(8)}\\), .*remove the cache folder.*XDG_CACHE_HOME`),
      });
      rmSync(join(dir, "open"), { recursive: true });
    }
  });

  it("is refused if other users can replace it in a folder above it", () => {
    mkdirSync(join(dir, "above"));
    chmodSync(join(dir, "above"), 0o777);
    assert.throws(() => ownFolder(join(dir, "above/machine")), { message: /machine: \S+\/above is writable by other users \(mode 777\)/ });
    chmodSync(join(dir, "above"), 0o1777);
    ownFolder(join(dir, "above/machine")); // Sticky, like /tmp: only the owner of an entry renames it.
  });

  it("is refused as a symbolic link, which leads to wherever its maker likes", () => {
    mkdirSync(join(dir, "target"));
    symlinkSync(join(dir, "target"), join(dir, "link"));
    assert.throws(() => ownFolder(join(dir, "link")), { message: /link is a symbolic link, remove it.*XDG_CACHE_HOME/ });
  });

  it("is refused if another user owns it or a folder above it, as with sudo and that user's HOME", function () {
    if (process.geteuid?.() !== 0) this.skip();
    mkdirSync(join(dir, "home/cache"), { recursive: true });
    chownSync(join(dir, "home/cache"), NOBODY, NOBODY);
    assert.throws(() => ownFolder(join(dir, "home/cache")), { message: /cache belongs to uid 65534, and this process runs as uid 0/ });
    chownSync(join(dir, "home/cache"), 0, 0);
    chownSync(join(dir, "home"), NOBODY, NOBODY);
    assert.throws(() => ownFolder(join(dir, "home/cache")), { message: /cache: \S+\/home belongs to uid 65534/ });
  });
});

describe("a sealed folder", () => {
  let dir: string;
  let root: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "sealed-"));
    root = join(dir, "root");
    mkdirSync(join(root, "bin"), { recursive: true });
    writeFileSync(join(root, "bin/program"), "content");
    symlinkSync("program", join(root, "bin/link"));
    seal(root);
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it("is whole as long as nothing in it changes, also after it was moved into place", () => {
    assert.equal(brokenSeal(root), undefined);
    seal(join(dir, "final"), root);
    renameSync(root, join(dir, "final"));
    assert.equal(brokenSeal(join(dir, "final")), undefined);
  });

  it("is not trusted without a record, although it has the right name", () => {
    unlinkSync(join(dir, "root.sha256"));
    assert.match(brokenSeal(root) ?? "", /root has no record of its content/);
  });

  const changes: [what: string, change: (root: string) => void][] = [
    ["another content of the same length", (at) => writeFileSync(join(at, "bin/program"), "CONTENT")],
    ["a further file", (at) => writeFileSync(join(at, "bin/more"), "")],
    ["a further empty folder", (at) => mkdirSync(join(at, "bin/more"))],
    ["a missing file", (at) => unlinkSync(join(at, "bin/program"))],
    ["another name", (at) => renameSync(join(at, "bin/program"), join(at, "bin/other"))],
    ["a program that runs as its owner", (at) => chmodSync(join(at, "bin/program"), 0o4755)],
    ["a folder that anyone can write to", (at) => chmodSync(join(at, "bin"), 0o777)],
    [
      "a link to elsewhere",
      (at) => {
        unlinkSync(join(at, "bin/link"));
        symlinkSync("/bin/sh", join(at, "bin/link"));
      },
    ],
  ];
  for (const [what, change] of changes) {
    it(`is broken by ${what}`, () => {
      change(root);
      assert.match(brokenSeal(root) ?? "", /the content of \S+root has changed since it was recorded/);
    });
  }
});
