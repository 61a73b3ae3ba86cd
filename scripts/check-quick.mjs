// What to run before each commit: types, lint and every test that needs neither a machine nor an engine, side by side on
// two cores. `npm run check:proofs` and `npm test` have the rest.
import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
// Tests compare dist/ with the sources.
if ((await run("build", ["node", "-r", "ts-node/register", "build/build.ts"])) !== 0) process.exit(1);
const bin = (name) => join(root, "node_modules", ".bin", name);
const cache = join(root, "node_modules", ".cache", "tsc-quick.tsbuildinfo");
const tests = [bin("mocha"), "--config", ".mocharc.quick.cjs"];
const checks = [
  ["waiting tests", tests, { QUICK_LANE: "waiting" }],
  ["computing tests", tests, { QUICK_LANE: "computing" }],
  ["types", [bin("tsc"), "--noEmit", "--incremental", "--tsBuildInfoFile", cache]],
  ["lint", [bin("biome"), "ci", "--error-on-warnings", "."]],
];
const codes = await Promise.all(checks.map((check) => run(...check)));
const failed = checks.filter((_, at) => codes[at] !== 0).map(([name]) => name);
// Repeated at the end, because the output of the failed check may be far above.
if (failed.length > 0) console.log(`FAILED: ${failed.join(", ")}`);
process.exitCode = failed.length === 0 ? 0 : 1;

/** Prints the output as a whole, once the program has ended. */
function run(name, [command, ...args], env = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
    const output = [];
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => output.push(chunk));
    child.on("error", reject);
    child.on("close", (code) => {
      console.log(`${Buffer.concat(output)}${name}: ${code === 0 ? "passed" : "FAILED"} after ${(performance.now() / 1000).toFixed(0)} s`);
      resolve(code ?? 1);
    });
  });
}
