// Runs before `npm start` and `npm test`, so that both work first thing on a fresh clone: brings node_modules up to the
// lock file, and the system packages that real machines need. Plain JavaScript: there is nothing to compile it yet.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  fail(`Node ${process.versions.node} is too old: 20.19 or newer is needed.`);
}
installModules();
if (process.argv.includes("--with-system-packages")) installSystemPackages();

function installModules() {
  const stamp = join(root, "node_modules", ".installed-from");
  const wanted = createHash("sha256").update(readFileSync(join(root, "package-lock.json"))).digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  console.log("Installing node_modules from package-lock.json ...");
  run("npm", ["ci", "--no-progress", "--loglevel=error"]);
  writeFileSync(stamp, wanted);
}

/** Only root can install packages; everyone else gets the simulated hosts, and is told so where it matters. */
function installSystemPackages() {
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) return;
  run("bash", [join(root, "scripts", "install-system-packages.sh")]);
}

function run(command, args) {
  const result = spawnSync(command, args, { cwd: root, stdio: "inherit" });
  if (result.status !== 0) fail(`${command} ${args.join(" ")} failed${result.error ? `: ${result.error.message}` : ""}`);
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
