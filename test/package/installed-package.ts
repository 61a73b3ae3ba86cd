import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
export const ROOT = resolve(__dirname, "../..");
/** Without the settings of the npm that runs these tests, which children would inherit by the environment. */
const ENV = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("npm_")));

export interface InstalledPackage {
  tarball: string;
  /** A folder in which `ci-runners` resolves to the package that npm installed. */
  folder: string;
  /** Creates a project in a subfolder, from files or as a copy of a folder. Returns its path. */
  lay(name: string, project: string | Record<string, string>): string;
}

let installed: Promise<InstalledPackage> | undefined;
const folders: string[] = [];
process.on("exit", () => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

export function temporary(prefix: string): string {
  const folder = mkdtempSync(join(tmpdir(), prefix));
  folders.push(folder);
  return folder;
}

/** `npm pack` of a checkout, as a release does it. Returns the tarball's path. */
export async function pack(checkout: string, destination: string, options: { umask?: string; timeZone?: string } = {}): Promise<string> {
  const { umask = "022", timeZone = "UTC" } = options;
  const script = `umask ${umask}; exec npm pack --silent --pack-destination "$1"`;
  const { stdout } = await run("bash", ["-c", script, "pack", destination], { cwd: checkout, env: { ...ENV, TZ: timeZone } });
  return join(destination, stdout.trim().split("\n").at(-1)!);
}

/**
 * The tarball, installed by npm into an empty project; once per process. The peer dependencies, the Pulumi SDKs, are links
 * to this checkout's: the engine's Automation API and the program must share one copy in one process.
 */
export function installedPackage(): Promise<InstalledPackage> {
  return (installed ??= install());
}

async function install(): Promise<InstalledPackage> {
  const folder = temporary("ci-runners-user-");
  const tarball = await pack(ROOT, folder);
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "user", version: "1.0.0", private: true }));
  const flags = ["--omit=peer", "--legacy-peer-deps", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  await run("npm", ["install", ...flags, tarball], { cwd: folder, env: ENV });
  const scope = join(folder, "node_modules", "@pulumi");
  mkdirSync(scope, { recursive: true });
  for (const name of readdirSync(join(ROOT, "node_modules", "@pulumi"))) {
    symlinkSync(join(ROOT, "node_modules", "@pulumi", name), join(scope, name));
  }
  // Types only, which a TypeScript project has among its devDependencies.
  symlinkSync(join(ROOT, "node_modules", "@types"), join(folder, "node_modules", "@types"));
  return {
    tarball,
    folder,
    lay(name, project) {
      const target = join(folder, name);
      if (typeof project === "string") cpSync(project, target, { recursive: true });
      else {
        mkdirSync(target, { recursive: true });
        for (const [file, content] of Object.entries(project)) writeFileSync(join(target, file), content);
      }
      return target;
    },
  };
}
