// Runs the tests in parallel lanes, each its own mocha process. Tests that boot real machines mostly wait for systemd and
// for jobs; the CPU-bound ones use that time. With arguments it is plain mocha: `npm test -- test/build/tar.test.ts`.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { endAfterLastTest } from "./lane-exit.cjs";

/** Hostile jobs on a team's machines, by the names of their files. */
const TEAM_HOSTILE = "containers|logs";
const teamHostile = TEAM_HOSTILE.split("|").map((name) => `test/proofs/hostile/${name}.test.ts`);

/** Globs by lane; the last lane, `rest`, has the files that no other lane matches. */
const LANES = {
  machines: [
    "test/proofs/races/races.test.ts",
    `test/proofs/hostile/!(${TEAM_HOSTILE}).test.ts`,
    "test/rehearsal/hosts/**/*.test.ts",
    "test/proofs/releases/**/*.test.ts",
  ],
  rehearsals: [
    "test/promotion/**/*.test.ts",
    "test/rehearsal/scenarios/actions-runner-pool/rehearsal.test.ts",
    "test/rehearsal/scenarios/actions-runner-pool/lost-events.test.ts",
    "test/rehearsal/scenarios/actions-runner-pool/refused-destroy.test.ts",
    "test/rehearsal/scenarios/actions-runner-pool/follow-queue.test.ts",
  ],
  // Machines with what a team puts on them, on one image of their own: the engine of jobs, the logs of hosts and the proxy for
  // AWS ...
  docker: ["test/proofs/team/{docker*,logs,proxy-aws}.test.ts"],
  // ... and in the other what prepares a machine, and all of it in a rehearsal.
  team: ["test/proofs/team/!(docker*|logs|proxy-aws).test.ts", "test/rehearsal/scenarios/actions-runner-pool/team.test.ts"],
  // A machine that persists, and the workflows that start and stop it.
  persistent: ["test/proofs/persistent/**/*.test.ts", "test/rehearsal/scenarios/persistent-runner/**/*.test.ts"],
  // The first two install the package, once per process. The faults come last, and not beside the races: each boots many
  // machines at once. All of them are in one process, whose table of faults is compared with docs/faults.md.
  packages: ["test/package/**/*.test.ts", "test/examples/**/*.test.ts", ...teamHostile, "test/proofs/faults/**/*.test.ts"],
  // CPU-bound, each about as long on one core as the lanes with machines.
  plans: ["test/proofs/races/random.test.ts", "test/proofs/races/random-skipping.test.ts", "test/proofs/scaling/policy.test.ts"],
  models: ["test/proofs/exploration/**/*.test.ts", "test/rehearsal/simulation/**/*.test.ts"],
};
/**
 * A lane that begins when another has ended. Lanes with machines mostly wait, for systemd, for jobs and for each other's processor time:
 * five of them at once fill what the computing ones leave, and more would only take each other's time.
 */
const AFTER = { docker: "persistent" };
/**
 * Lanes that only compute. They run at a lower priority: the others mostly wait, and the longest of them decides when the
 * tests end, so each of its machines has to get the processor as soon as it needs it.
 */
const COMPUTING = ["plans", "models"];
/** Of `nice`: about a tenth of the others' share. */
const LOWER = "10";
/** MiB for young objects, which are all that these lanes make: with Node.js's 16, more of them are copied before they die. */
const YOUNG = "--max-semi-space-size=32";
const ALL = "test/**/*.test.ts";
/** After its last test a lane only has to exit. */
const EXIT_LIMIT_MS = 60_000;

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const mocha = join(root, "node_modules", "mocha", "bin", "mocha.js");
const NODE = process.execPath;
const args = process.argv.slice(2);
if (args.length > 0) process.exit(await run(args, process.env, "inherit"));

const folder = mkdtempSync(join(tmpdir(), "test-lanes-"));
try {
  const named = Object.values(LANES).flat();
  const lanes = { ...LANES, rest: [ALL, ...named.flatMap((glob) => ["--ignore", glob])] };
  const running = {};
  let interrupted = false;
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => (interrupted = true));
  const start = async (name) => {
    await running[AFTER[name]];
    if (interrupted) return 1;
    return run(lanes[name], { ...process.env, TEST_COUNTS: join(folder, name) }, name);
  };
  // Those that wait come last: what they wait for is running then.
  for (const name of Object.keys(lanes).sort((a, b) => Number(a in AFTER) - Number(b in AFTER))) running[name] = start(name);
  const codes = await Promise.all(Object.values(running));
  const counts = Object.keys(lanes).map((name) => read(join(folder, name)));
  const sum = [0, 1, 2].map((at) => counts.reduce((total, count) => total + count[at], 0));
  const files = Object.keys(lanes).flatMap((name) =>
    existsSync(join(folder, `${name}.files`)) ? JSON.parse(readFileSync(join(folder, `${name}.files`), "utf8")) : [],
  );
  const seconds = (ms) => `${(ms / 1000).toFixed(1).padStart(8)} s`;
  console.log("\nslowest files:      processor:");
  for (const [file, ms, processor] of files.sort((a, b) => b[1] - a[1]).slice(0, 10))
    console.log(`${seconds(ms)}  ${seconds(processor)}  ${file}`);
  console.log("\nfiles that need most of the processor:");
  for (const [file, , processor] of files.sort((a, b) => b[2] - a[2]).slice(0, 20)) console.log(`${seconds(processor)}  ${file}`);
  // Repeated at the end of the log, because the lane that failed may have ended long before.
  for (const name of Object.keys(lanes)) {
    const failures = join(folder, `${name}.failures`);
    if (existsSync(failures)) console.log(`\nfailed in ${name}:\n${readFileSync(failures, "utf8")}`);
  }
  const line = `${sum[0]} passed, ${sum[1]} failed, ${sum[2]} skipped`;
  console.log(`\n${line}`);
  if (process.env.TEST_COUNTS) writeFileSync(process.env.TEST_COUNTS, `${line}\n`);
  process.exitCode = codes.every((code) => code === 0) ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** A lane that ended before it wrote its counts has failed once. */
function read(file) {
  if (!existsSync(file)) return [0, 1, 0];
  return readFileSync(file, "utf8").match(/\d+/g).map(Number);
}

/** @param lane the prefix of each line; "inherit" passes mocha's output through. */
function run(rest, env, lane) {
  return new Promise((resolve, reject) => {
    const stdio = lane === "inherit" ? "inherit" : ["ignore", "pipe", "pipe"];
    const node = COMPUTING.includes(lane) ? [NODE, YOUNG] : [NODE];
    const [command, ...before] = COMPUTING.includes(lane) && process.platform !== "win32" ? ["nice", "-n", LOWER, ...node] : node;
    const child = spawn(command, [...before, mocha, ...rest], { cwd: root, env, stdio });
    for (const stream of [child.stdout, child.stderr]) {
      if (stream) createInterface({ input: stream }).on("line", (line) => console.log(`${lane.padEnd(10)} ${line}`));
    }
    const exit = lane === "inherit" ? undefined : endAfterLastTest(child, env.TEST_COUNTS, lane, EXIT_LIMIT_MS);
    // A lane cleans up, so this waits for it. Ctrl-C has already reached it, and a second SIGINT would make mocha quit at once.
    process.on("SIGINT", () => undefined);
    process.on("SIGTERM", () => child.kill("SIGTERM"));
    child.on("error", reject);
    child.on("close", (code) => {
      clearInterval(exit);
      // The longest lane determines the total time: this shows which lane to move files from.
      if (lane !== "inherit") console.log(`${lane.padEnd(10)} ended after ${Math.round(performance.now() / 1000)} s`);
      resolve(code ?? 1);
    });
  });
}
