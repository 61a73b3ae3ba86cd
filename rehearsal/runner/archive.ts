import { build } from "esbuild";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  lstatSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { create } from "tar";
import { RUNNER_RELEASE } from "../../contract/shared/runner-release";

export interface RunnerArchiveOptions {
  /** Folder for the archive. It is built each time, in less than a second: root unpacks it, so none is found there and trusted. */
  dir: string;
  /** Its files are added, or replace those with the same path: `bin/runsvc.sh`, `bin/RunnerService.js`. */
  overrideDir?: string;
  /** Path of Node on the host that unpacks the archive. Default `/usr/local/bin/node`. */
  node?: string;
  /** Version that the runner reports. Default: the release that pools install. */
  version?: string;
}

export interface RunnerArchive {
  file: string;
  /** Hexadecimal digest of the file, as a stack would pin it. */
  sha256: string;
}

/**
 * Builds the runner stand-in as the archive that GitHub would serve: the same layout, with our own programs. The Node
 * binaries in `externals` are links to the host's Node, which keeps the archive at some kilobytes. Throws when
 * `overrideDir` does not exist.
 */
export async function buildRunnerArchive(options: RunnerArchiveOptions): Promise<RunnerArchive> {
  if (options.overrideDir !== undefined && !existsSync(options.overrideDir)) {
    throw new Error(`overrideDir ${options.overrideDir} does not exist: use a folder with files such as bin/runsvc.sh`);
  }
  mkdirSync(options.dir, { recursive: true });
  const staging = mkdtempSync(join(options.dir, "runner-"));
  try {
    const tree = join(staging, "tree");
    await layOut(tree, options);
    const file = join(options.dir, `actions-runner-${digestOfTree(tree).slice(0, 16)}.tar.gz`);
    const sha256 = await pack(tree, staging, file);
    return { file, sha256 };
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

async function layOut(tree: string, options: RunnerArchiveOptions): Promise<void> {
  const node = options.node ?? "/usr/local/bin/node";
  cpSync(join(__dirname, "layout"), tree, { recursive: true });
  for (const program of ["Listener", "Worker"] as const) {
    const target = join(tree, "bin", `Runner.${program}`);
    await build({
      entryPoints: [join(__dirname, "program", `${program.toLowerCase()}.ts`)],
      outfile: target,
      bundle: true,
      platform: "node",
      target: "node20",
      format: "cjs",
      // The kernel names the process after the script, not the interpreter, as long as `env` is not in between.
      banner: { js: `#!${node}` },
      logLevel: "error",
    });
  }
  writeFileSync(join(tree, "bin", "runnerversion"), `${options.version ?? RUNNER_RELEASE.version}\n`);
  for (const name of ["node20", "node24"]) {
    mkdirSync(join(tree, "externals", name, "bin"), { recursive: true });
    symlinkSync(node, join(tree, "externals", name, "bin", "node"));
  }
  if (options.overrideDir !== undefined) cpSync(options.overrideDir, tree, { recursive: true });
  for (const path of filesOf(tree)) {
    if (!lstatSync(join(tree, path)).isSymbolicLink()) chmodSync(join(tree, path), 0o755);
  }
}

/** Replaces whatever has the name. The digest is that of the bytes that were packed, not of what is found there later. */
async function pack(tree: string, staging: string, file: string): Promise<string> {
  const unfinished = join(staging, "archive.tar.gz");
  await create({ file: unfinished, cwd: tree, gzip: true, portable: true, mtime: new Date(0) }, filesOf(tree));
  const sha256 = createHash("sha256").update(readFileSync(unfinished)).digest("hex");
  renameSync(unfinished, file);
  return sha256;
}

/**
 * Unpacks the archive as root into a machine's disk, provided that it still has its digest. GNU tar keeps the archive's
 * links to the host's Node by absolute path, and never writes through a link or to a path outside of `folder`.
 */
export function unpackRunnerArchive({ file, sha256 }: RunnerArchive, folder: string): void {
  const bytes = readFileSync(file);
  const found = createHash("sha256").update(bytes).digest("hex");
  if (found !== sha256) throw new Error(`${file} has the SHA-256 ${found}, expected ${sha256}: it has changed since it was built`);
  mkdirSync(folder, { recursive: true });
  const { status, stderr, error } = spawnSync("tar", ["--extract", "--gzip", "--no-same-owner", "--directory", folder], { input: bytes });
  if (status !== 0) throw new Error(`${file} could not be unpacked into ${folder}: ${error?.message ?? String(stderr).trim()}`);
}

function digestOfTree(tree: string): string {
  const hash = createHash("sha256");
  for (const path of filesOf(tree)) {
    const full = join(tree, path);
    const content = lstatSync(full).isSymbolicLink() ? readlinkSync(full) : readFileSync(full);
    hash.update(`${path}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex");
}

/** Paths of all files below a folder, sorted, relative to it. */
function filesOf(folder: string, below = ""): string[] {
  return readdirSync(join(folder, below), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = below === "" ? entry.name : `${below}/${entry.name}`;
      return entry.isDirectory() ? filesOf(folder, path) : [path];
    });
}
