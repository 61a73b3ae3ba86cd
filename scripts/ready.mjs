// Runs before `npm start` and `npm test`, so that both work on a fresh clone: updates node_modules to the lock file and,
// with `--machines`, installs the Debian packages for the real machines and downloads the engine's Go modules. Plain
// JavaScript without packages, because neither a compiler nor packages are installed yet.
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
// In parallel: one waits for the disk while another waits for the network.
await Promise.all([installModules(), machines && installSystemPackages(), machines && fetchEngineModules()]);

async function installModules() {
  const modules = join(root, "node_modules");
  const stamp = join(modules, ".installed-from");
  const wanted = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  // `npm ci` would empty the folder that the link points to, which belongs to another checkout.
  if (lstatSync(modules, { throwIfNoEntry: false })?.isSymbolicLink()) return;
  console.log("Installing node_modules from package-lock.json ...");
  // Without scripts: the project's own one builds, which the caller does next, and those of packages are not needed here.
  await run("npm", ["ci", "--no-progress", "--loglevel=error", "--ignore-scripts"], root);
  writeFileSync(stamp, wanted);
}

/** Only root can install packages; other users get simulated hosts, which the rehearsal reports. */
async function installSystemPackages() {
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) return;
  await run("bash", [join(root, "scripts", "install-system-packages.sh")], root);
}

/** 1.4 GB that Go needs once to build the engine. The build itself reports a failure, with its remedies. */
async function fetchEngineModules() {
  const onPath = (name) => (process.env.PATH ?? "").split(delimiter).some((dir) => existsSync(join(dir, name)));
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "ci-runners", "engine");
  const folder = join(root, "rehearsal", "engine");
  const [, version] = /pulumi\/pkg\/v3 v(\S+)/.exec(readFileSync(join(folder, "go.mod"), "utf8"));
  // If the one on PATH is too old, the build downloads the modules itself.
  if (onPath("pulumi") || existsSync(join(cache, version, "bin", "pulumi")) || !onPath("go")) return;
  console.log("Downloading the Go modules of the Pulumi engine ...");
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
