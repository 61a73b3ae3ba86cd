import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

const ROOT = resolve(__dirname, "../..");
const MOCHA = join(ROOT, "node_modules", ".bin", "mocha");

describe("what modules do after each test", () => {
  let folder: string;
  before(async () => void (folder = await mkdtemp(join(tmpdir(), "after-each-"))));
  after(() => rm(folder, { recursive: true }));

  it("must not be left out in the later files of a parallel process, where a clock that still runs takes a whole core", async () => {
    const log = join(folder, "log");
    const shared = join(folder, "shared.cjs");
    await writeFile(
      shared,
      `const { appendFileSync } = require("node:fs");
      require(${JSON.stringify(join(ROOT, "test/support/after-each"))}).afterEachTest(() => appendFileSync(${JSON.stringify(log)}, "plugin "));
      afterEach(() => appendFileSync(${JSON.stringify(log)}, "hook "));`,
    );
    const files = ["a", "b", "c", "d", "e"].map((name) => join(folder, `${name}.test.cjs`));
    for (const file of files) await writeFile(file, `require(${JSON.stringify(shared)}); it("passes", () => {});`);
    await promisify(execFile)(MOCHA, ["--parallel", "--jobs", "2", "--reporter", "dot", ...files], { cwd: ROOT });
    const words = (await readFile(log, "utf8")).split(" ");
    assert.equal(words.filter((word) => word === "plugin").length, files.length);
    // The control: mocha's own hook of a shared module runs for the first file of each process only.
    assert.ok(words.filter((word) => word === "hook").length <= 2);
  });
});
