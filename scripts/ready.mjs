// Runs before `npm start` and `npm test`, so that both work first thing on a fresh clone: brings node_modules up to the
// lock file and, with `--machines`, the Debian packages of the real machines and the modules that the engine is built
// from. Plain JavaScript without packages: there is nothing yet to compile it or to import.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, lstatSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  fail(`Node ${process.versions.node} is too old: 20.19 or newer is needed.`);
}
const machines = process.argv.includes("--machines");
// Side by side: the one waits for the disk while the other waits for the network.
await Promise.all([installModules(), machines && installSystemPackages(), machines && fetchEngineModules()]);

async function installModules() {
  const modules = join(root, "node_modules");
  const stamp = join(modules, ".installed-from");
  const wanted = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  // `npm ci` would empty the folder that the link points to, which is somebody else's.
  if (lstatSync(modules, { throwIfNoEntry: false })?.isSymbolicLink()) return;
  console.log("Installing node_modules from package-lock.json ...");
  // Not its scripts: ours builds, which the caller does next, and those of packages only fetch what is not needed here.
  await run("npm", ["ci", "--no-progress", "--loglevel=error", "--ignore-scripts"], root);
  writeFileSync(stamp, wanted);
}

/** Only root can install packages; everyone else gets the simulated hosts, and is told so where it matters. */
async function installSystemPackages() {
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) return;
  await run("bash", [join(root, "scripts", "install-system-packages.sh")], root);
}

/** 1.4 GB that Go needs once if it has to build the engine. A failure is told by the build itself, with its remedies. */
async function fetchEngineModules() {
  const onPath = (name) => (process.env.PATH ?? "").split(delimiter).some((dir) => existsSync(join(dir, name)));
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "ci-runners", "engine");
  const folder = join(root, "rehearsal", "engine");
  const [, version] = /pulumi\/pkg\/v3 v(\S+)/.exec(readFileSync(join(folder, "go.mod"), "utf8"));
  // One on PATH may be too old, which costs only that the build fetches for itself.
  if (onPath("pulumi") || existsSync(join(cache, version, "bin", "pulumi")) || !onPath("go")) return;
  console.log("Fetching the modules of the Pulumi engine ...");
  const list = ["list", "-mod=readonly", "-deps", "-f", "{{.ImportPath}}", "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"];
  await run("go", list, folder, { mayFail: true });
}

function run(command, args, cwd, { mayFail = false } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, stdio: mayFail ? "ignore" : "inherit" });
    const end = (problem) => {
      if (problem !== undefined && !mayFail) fail(`${command} ${args.join(" ")} failed${problem}`);
      resolve();
    };
    child.on("error", (error) => end(`: ${error.message}`));
    child.on("close", (code) => end(code === 0 ? undefined : ` with exit code ${code}`));
  });
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
