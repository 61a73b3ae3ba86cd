import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROOT = join(__dirname, "../..");
/** In the place of mocha: the lanes that others wait for end only once those have that wait for none. */
const MOCHA = `const { existsSync, readdirSync, writeFileSync } = require("node:fs");
const { dirname } = require("node:path");
const lane = process.env.TEST_COUNTS;
const end = () => (writeFileSync(lane, "1 passed, 0 failed, 0 skipped\\n"), console.log("end"));
const others = () => readdirSync(dirname(lane)).length;
console.log("begin");
if (!/\\/(machines|persistent)$/.test(lane)) end();
else { const wait = setInterval(() => others() >= 5 && (clearInterval(wait), end()), 20); }
`;

/** Lanes that others wait for do not end by themselves. */
const ENDLESS = `console.log("begin");
if (/(persistent|machines)$/.test(process.env.TEST_COUNTS)) setInterval(() => {}, 1000);
`;

describe("the lanes of the tests", () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "lanes-"));
    for (const file of ["test.mjs", "lane-exit.cjs"]) cpSync(join(ROOT, "scripts", file), join(dir, "scripts", file));
    mkdirSync(join(dir, "node_modules/mocha/bin"), { recursive: true });
  });
  afterEach(() => rmSync(dir, { recursive: true }));
  const mocha = (text: string) => writeFileSync(join(dir, "node_modules/mocha/bin/mocha.js"), text);
  const linesOf = (stdout: string) => stdout.split("\n").map((line) => line.split(/\s+/).slice(0, 2).join(" "));

  it("begin together, but for the machines of a team, which would slow down the longest lane while all others compute", () => {
    mocha(MOCHA);
    const { stdout, status } = spawnSync(process.execPath, ["scripts/test.mjs"], { cwd: dir, encoding: "utf8", timeout: 60_000 });
    const lines = linesOf(stdout);
    const at = (line: string) => lines.indexOf(line);
    assert.equal(status, 0, stdout);
    assert.equal(lines.filter((line) => line.endsWith(" begin")).length, 9, stdout);
    for (const lane of ["machines", "persistent"]) assert.ok(at(`${lane} end`) > at("models end"), stdout);
    assert.ok(at("docker begin") > at("machines end"), stdout);
    assert.ok(at("team begin") > at("persistent end"), stdout);
    assert.match(stdout, /^9 passed, 0 failed, 0 skipped$/m);
  });

  it("do not begin after SIGTERM, which has just ended the lane that they waited for", async () => {
    mocha(ENDLESS);
    const child = spawn(process.execPath, ["scripts/test.mjs"], { cwd: dir, stdio: ["ignore", "pipe", "inherit"] });
    let stdout = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      // Once: a second one would reach the lanes that must not have begun.
      if (!child.killed && ["persistent begin", "machines begin"].every((line) => linesOf(stdout).includes(line))) child.kill("SIGTERM");
    });
    const code = await new Promise((resolve) => child.on("close", resolve));
    assert.equal(code, 1, stdout);
    assert.deepEqual(
      linesOf(stdout).filter((line) => ["team begin", "docker begin"].includes(line)),
      [],
    );
  });
});
