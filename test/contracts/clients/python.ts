import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { cacheFolder, ownFolder } from "../../../rehearsal/cache-folder";
import { withLock } from "../../../rehearsal/engine/lock";

const run = promisify(execFile);
/** pip has a limit for each connection and none for an installation, so that a silent package index could hang a test run. */
const ATTEMPTS = 3;
const ATTEMPT_MS = 150_000;
const PIP_OPTIONS = ["--timeout", "15", "--retries", "3", "--no-input", "--quiet", "--disable-pip-version-check"];
/** The AWS CLI and boto3. */
const CLIENTS = join(__dirname, "requirements.txt");
/** The oldest Python version that the pinned packages support. */
const OLDEST = [3, 10];

/** Folder with the programs (`aws`, `python`) of AWS's own Python clients: about 10 s and 230 MB. */
export function pythonClients(context: Mocha.Context): Promise<string> {
  return pythonPrograms(context, CLIENTS);
}

/**
 * Folder with the programs of Python packages, installed once as pinned in `requirements`.
 * Without a suitable Python it skips with one clear line, or fails if CI_RUNNERS_REQUIRE_SYSTEMD=1.
 */
export async function pythonPrograms(context: Mocha.Context, requirements: string): Promise<string> {
  const found = await findPython();
  if ("problem" in found) {
    if (process.env.CI_RUNNERS_REQUIRE_SYSTEMD === "1") assert.fail(`CI_RUNNERS_REQUIRE_SYSTEMD=1, but ${found.problem}`);
    console.log(`    skipped: ${found.problem}`);
    context.skip();
  }
  context.timeout((ATTEMPTS + 1) * ATTEMPT_MS); // The first run installs, possibly after waiting for another run's lock.
  const digest = createHash("sha256").update(readFileSync(requirements)).update(found.python).digest("hex").slice(0, 16);
  const folder = join(ownFolder(cacheFolder("python")), digest);
  const complete = join(folder, "complete");
  await withLock(
    folder,
    () => console.log("    another run installs the same Python packages; waiting"),
    async () => {
      if (existsSync(complete)) return;
      await install(folder, requirements);
      writeFileSync(complete, "");
    },
  );
  return join(folder, "bin");
}

/** Ends a hanging attempt and starts again: the process is gone before this returns, so that it keeps no test run alive. */
async function install(folder: string, requirements: string): Promise<void> {
  const log = `${folder}.log`;
  for (let attempt = 1; ; attempt++) {
    // An incomplete folder is useless. A complete one cannot be moved into place: its programs contain the folder's path.
    for (const path of [folder, log]) rmSync(path, { recursive: true, force: true });
    const limits = { timeout: ATTEMPT_MS, killSignal: "SIGKILL" } as const;
    try {
      await run("python3", ["-m", "venv", folder], limits);
      const what = ["--only-binary=:all:", "--require-hashes", "-r", requirements];
      await run(join(folder, "bin", "pip"), ["install", ...PIP_OPTIONS, "--log", log, ...what], limits);
      return;
    } catch (error) {
      const { message, killed } = error as Error & { killed?: boolean };
      const end = existsSync(log) ? readFileSync(log, "utf8").trimEnd().split("\n").slice(-5).join("\n") : "";
      const reason = killed ? `not done after ${ATTEMPT_MS / 1000} s` : message.trimEnd();
      const report = `attempt ${attempt} of ${ATTEMPTS} to install ${requirements} failed: ${reason}\n${end}`;
      if (attempt === ATTEMPTS) assert.fail(report);
      console.log(`    ${report}`);
    }
  }
}

/** Identifies the Python that the folder belongs to, or explains why none is suitable. */
async function findPython(): Promise<{ python: string } | { problem: string }> {
  const remedy = "install python3 and python3-venv, or run scripts/install-system-packages.sh as root";
  try {
    // Debian ships venv without ensurepip, which installs pip into the folder.
    const { stdout } = await run("python3", [
      "-c",
      "import sys, venv, ensurepip; print(*sys.version_info[:2], sys.version, sys.base_prefix)",
    ]);
    const [major = 0, minor = 0] = stdout.split(" ").map(Number);
    if (major === OLDEST[0] && minor >= OLDEST[1]!) return { python: stdout };
    return { problem: `python3 is ${major}.${minor}, the AWS CLI needs ${OLDEST.join(".")} or newer: ${remedy}` };
  } catch (error) {
    const { message } = error as Error;
    return { problem: `python3 with venv is missing (${message.trim().split("\n").at(-1)}): ${remedy}` };
  }
}
