import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const MEMORY = join(__dirname, "../../../host-config/shared/v8-memory.ts");

/** Runs a function often enough that any V8 compiles it, in a separate process; prints whether V8 did. */
const program = (before: string) => `
${before}
function hot(n) { let sum = 0; for (let i = 0; i < n; i++) sum += i % 7; return sum; }
for (let i = 0; i < 20_000; i++) hot(1_000);
const [OPTIMISED, MAGLEV, SPARKPLUG] = [1 << 4, 1 << 5, 1 << 15];
console.log((%GetOptimizationStatus(hot) & (OPTIMISED | MAGLEV | SPARKPLUG)) === 0 ? "interpreted" : "compiled");
`;

function run(before: string) {
  const args = ["--allow-natives-syntax", "-r", "ts-node/register", "--eval", program(before)];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, {
    encoding: "utf8",
    cwd: join(__dirname, "../../.."),
    timeout: 60_000,
  });
  return { said: stdout.trim(), stderr, status };
}

describe("the daemon's memory", () => {
  it("is not spent on compiled code, which this Node.js otherwise generates for a busy function", () => {
    assert.deepEqual(run(""), { said: "compiled", stderr: "", status: 0 });
    assert.deepEqual(run(`require(${JSON.stringify(MEMORY)}).preferSize();`), { said: "interpreted", stderr: "", status: 0 });
  });
});
