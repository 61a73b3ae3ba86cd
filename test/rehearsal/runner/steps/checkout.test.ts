import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkout } from "../../../../rehearsal/runner/steps/checkout";

const GITHUB = { repository: "acme/app", refs: ["refs/heads/main"] };
const TREE = { "build.sh": "true\n", ".gitignore": "target/\n" };

describe("a checkout of the runner stand-in", () => {
  let work: string;
  let folder: string;
  beforeEach(() => {
    work = mkdtempSync(join(tmpdir(), "checkout-"));
    folder = join(work, "app");
  });
  afterEach(() => rmSync(work, { recursive: true, force: true }));

  const has = (path: string) => existsSync(join(folder, path));
  const put = (path: string) => {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), "x");
  };

  it("is one of git's, whose clean removes what is neither committed nor ignored, and keeps what is ignored", async function () {
    if (spawnSync("git", ["--version"]).error) return this.skip();
    await checkout(TREE, { clean: "false" }, folder, GITHUB, process.env["PATH"]);
    put("target/build");
    put("left-over");
    const { status, stderr } = spawnSync("git", ["clean", "-ffd"], { cwd: folder, encoding: "utf8" });
    assert.equal(status, 0, stderr);
    assert.deepEqual([has("build.sh"), has("target/build"), has("left-over")], [true, true, false]);
  });

  it("removes what a later commit has no more, without clean, and leaves what it never put there", async () => {
    await checkout(TREE, { clean: "false" }, folder, GITHUB, process.env["PATH"]);
    put("target/build");
    await checkout({ "build.sh": "false\n" }, { clean: "false" }, folder, GITHUB, process.env["PATH"]);
    assert.deepEqual([has("build.sh"), has(".gitignore"), has("target/build")], [true, false, true]);
  });

  it("removes everything else with clean, as without a word about it", async () => {
    await checkout(TREE, {}, folder, GITHUB, process.env["PATH"]);
    put("target/build");
    await checkout(TREE, {}, folder, GITHUB, process.env["PATH"]);
    assert.deepEqual([has("build.sh"), has("target/build")], [true, false]);
  });
});
