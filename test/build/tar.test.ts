import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deterministicTar } from "../../build/tar";

const entry = (path: string, content: string | Buffer = "", mode = 0o644) => ({ path, content, mode });

describe("the host bundle's archive", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "ci-runners-tar-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it("unpacks with tar to the given contents and permissions", () => {
    const big = Buffer.alloc(70_000, "x");
    writeFileSync(
      join(folder, "a.tar"),
      deterministicTar([entry("units/b.service", "[Unit]\n"), entry("install.sh", big, 0o755), entry("empty")]),
    );
    execFileSync("tar", ["-xf", join(folder, "a.tar"), "-C", folder]);
    assert.equal(readFileSync(join(folder, "units/b.service"), "utf8"), "[Unit]\n");
    assert.ok(readFileSync(join(folder, "install.sh")).equals(big));
    assert.equal(statSync(join(folder, "install.sh")).mode & 0o777, 0o755);
    assert.equal(statSync(join(folder, "empty")).size, 0);
  });

  it("is owned by root and dated 1970, regardless of who builds it and when", () => {
    writeFileSync(join(folder, "a.tar"), deterministicTar([entry("f")]));
    const listing = execFileSync("tar", ["-tvf", join(folder, "a.tar"), "--numeric-owner", "--utc"], { encoding: "utf8" });
    assert.match(listing, /^-rw-r--r-- 0\/0 +0 1970-01-01 00:00 f\n$/);
  });

  it("does not depend on the order of its entries", () => {
    const entries = [entry("b", "1"), entry("a", "2"), entry("a/b", "3")];
    assert.ok(deterministicTar(entries).equals(deterministicTar([...entries].reverse())));
  });

  it("rejects paths that are absolute, leave the archive, occur twice or would be truncated", () => {
    for (const path of ["/etc/passwd", "../up", "a/../../b", ""]) assert.throws(() => deterministicTar([entry(path)]), /relative path/);
    assert.throws(() => deterministicTar([entry("a"), entry("a")]), /occurs twice/);
    assert.throws(() => deterministicTar([entry("x".repeat(300))]), /shorten the path/);
  });
});
