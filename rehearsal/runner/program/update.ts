import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, lstatSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RunnerUpdate } from "../../github/messages";
import { BARRIERS, boundary } from "./barriers";
import { ROOT, readSettings, version, workFolder } from "./root";
import type { Traces } from "./traces";

/**
 * The runner's self-update, in the official order: download the new version to `_work/_update`, copy its folders beside
 * the old ones, wait for the running job, and start a script that swaps them once the listener has exited. Resolves when
 * the listener must exit. Throws when the new version is not available: the old one then keeps running.
 *
 * @param jobEnded waits for the running job, if any.
 */
export async function selfUpdate(update: RunnerUpdate, jobEnded: () => Promise<unknown>, traces: Traces, stop: AbortSignal): Promise<void> {
  process.stdout.write("Runner update in progress, do not shutdown runner.\n");
  process.stdout.write(`Downloading ${update.targetVersion} runner\n`);
  const folder = join(workFolder(readSettings()), "_update");
  await download(folder, update, stop);
  copyToRoot(folder, update.targetVersion);
  await boundary("update-downloaded", undefined, stop);
  process.stdout.write("Waiting for current job finish running.\n");
  await jobEnded();
  stop.throwIfAborted();
  process.stdout.write("Generate and execute update script.\n");
  startSwapScript(update.targetVersion, traces);
  process.stdout.write("Runner will exit shortly for update, should be back online within 10 seconds.\n");
}

function copyToRoot(folder: string, version: string): void {
  for (const part of ["bin", "externals"]) {
    const target = join(ROOT, `${part}.${version}`);
    rmSync(target, { recursive: true, force: true });
    cpSync(join(folder, part), target, { recursive: true, verbatimSymlinks: true });
  }
  // The GitHub stand-in serves the same archive for every version; only this file distinguishes them.
  writeFileSync(join(ROOT, `bin.${version}`, "runnerversion"), `${version}\n`);
}

async function download(folder: string, update: RunnerUpdate, stop: AbortSignal): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const archive = join(folder, "runner.tar.gz");
  await run("curl", ["-fsSL", "--retry", "3", "-o", archive, update.downloadUrl], stop);
  const sha256 = createHash("sha256").update(readFileSync(archive)).digest("hex");
  if (update.sha256Checksum !== undefined && sha256 !== update.sha256Checksum) {
    throw new Error(`Computed runner hash '${sha256}' did not match expected '${update.sha256Checksum}'`);
  }
  await run("tar", ["-xzf", archive, "-C", folder], stop);
  rmSync(archive);
}

function run(file: string, args: string[], stop: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: "ignore", signal: stop });
    child.on("error", reject);
    child.on("exit", (code) => (code === 0 ? resolve() : reject(new Error(`${file} exited with code ${code}`))));
  });
}

/** The script outlives the listener in the same control group: it waits until the listener exits, then links the new folders. */
function startSwapScript(target: string, traces: Traces): void {
  const script = join(workFolder(readSettings()), "_update.sh");
  writeFileSync(script, swapScript(target), { mode: 0o755 });
  const child = spawn("bash", [script], { cwd: ROOT, stdio: "ignore", detached: true });
  child.on("error", (error) => traces.write(`update script: ${String(error)}`));
  child.unref();
}

/** The first update finds plain folders and renames them by version; later updates find links. */
function swapScript(target: string): string {
  const swap = (part: string) => {
    const link = lstatSync(join(ROOT, part)).isSymbolicLink();
    return link ? `rm ${part}` : `mv ${part} ${part}.${version()}`;
  };
  return `#!/bin/bash
# Waits for the listener to exit, then makes ${target} the current version.
while [ -e /proc/${process.pid} ]; do sleep 2; done
sleep 1
cd ${quoted(ROOT)} || exit 1
${swap("bin")}
${swap("externals")}
barrier=${quoted(join(BARRIERS, "update-swap"))}
[ -e "$barrier" ] && echo "{\\"pid\\":$$}" >"$barrier.reached"
while [ -e "$barrier" ]; do sleep 0.05; done
ln -s "$PWD/bin.${target}" bin
ln -s "$PWD/externals.${target}" externals
${existsSync(join(ROOT, "runsvc.sh")) ? "cat bin/runsvc.sh >runsvc.sh" : ""}
`;
}

function quoted(path: string): string {
  return `'${path.replaceAll("'", `'\\''`)}'`;
}
