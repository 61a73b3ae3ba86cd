import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROOT = join(__dirname, "../..");
/** In the place of mocha: the lane that another waits for ends only once those have that wait for none. */
const MOCHA = `const { existsSync, readdirSync, writeFileSync } = require("node:fs");
const { dirname } = require("node:path");
const lane = process.env.TEST_COUNTS;
const end = () => (writeFileSync(lane, "1 passed, 0 failed, 0 skipped\\n"), console.log("end"));
const others = () => readdirSync(dirname(lane)).length;
console.log("begin");
if (!lane.endsWith("/persistent")) end();
else { const wait = setInterval(() => others() >= 7 && (clearInterval(wait), end()), 20); }
`;

/** The lane that another waits for does not end by itself. */
const ENDLESS = `console.log("begin");
if (process.env.TEST_COUNTS.endsWith("/persistent")) setInterval(() => {}, 1000);
`;

describe("the lanes of the tests", () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "lanes-"));
    for (const file of ["test.mjs", "lane-exit.cjs"]) cpSync(join(ROOT, "scripts", file), join(dir, "scripts", file));
    mkdirSync(join(dir, "node_modules/mocha/bin"), { recursive: true });
  });
  afterEach(() => rmSync(dir, { recursive: true }));
  /** Without the file of this lane's own counts: a lane that has written them counts as one that has run its last test. */
  const env = { ...process.env, TEST_COUNTS: undefined };
  const mocha = (text: string) => writeFileSync(join(dir, "node_modules/mocha/bin/mocha.js"), text);
  const linesOf = (stdout: string) => stdout.split("\n").map((line) => line.split(/\s+/).slice(0, 2).join(" "));

  it("begin together, but for the machines with engines of jobs, which would slow down the longest lane while all others compute", () => {
    mocha(MOCHA);
    const { stdout, status } = spawnSync(process.execPath, ["scripts/test.mjs"], { cwd: dir, encoding: "utf8", timeout: 60_000, env });
    const lines = linesOf(stdout);
    const at = (line: string) => lines.indexOf(line);
    assert.equal(status, 0, stdout);
    assert.equal(lines.filter((line) => line.endsWith(" begin")).length, 9, stdout);
    assert.ok(at("persistent end") > at("models end"), stdout);
    assert.ok(at("docker begin") > at("persistent end"), stdout);
    assert.match(stdout, /^9 passed, 0 failed, 0 skipped$/m);
  });

  it("do not begin after SIGTERM, which has just ended the lane that they waited for", async () => {
    mocha(ENDLESS);
    const child = spawn(process.execPath, ["scripts/test.mjs"], { cwd: dir, stdio: ["ignore", "pipe", "inherit"], env });
    let stdout = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      // Once: a second one would reach the lanes that must not have begun.
      if (!child.killed && linesOf(stdout).includes("persistent begin")) child.kill("SIGTERM");
    });
    const code = await new Promise((resolve) => child.on("close", resolve));
    assert.equal(code, 1, stdout);
    assert.deepEqual(
      linesOf(stdout).filter((line) => line === "docker begin"),
      [],
    );
  });
});
