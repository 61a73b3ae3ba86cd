import { build } from "esbuild";
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

export interface RunnerArchiveOptions {
  /** Folder for archives, one per content. */
  cacheDir: string;
  /** Its files are added, or replace those with the same path: `bin/runsvc.sh`, `bin/RunnerService.js`. */
  overrideDir?: string;
  /** Path of Node on the host that unpacks the archive. Default `/usr/local/bin/node`. */
  node?: string;
  /** Version that the runner reports. Default 2.336.0. */
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
  mkdirSync(options.cacheDir, { recursive: true });
  const staging = mkdtempSync(join(options.cacheDir, "runner-"));
  try {
    const tree = join(staging, "tree");
    await layOut(tree, options);
    const file = join(options.cacheDir, `actions-runner-${digestOfTree(tree).slice(0, 16)}.tar.gz`);
    if (!existsSync(file)) await pack(tree, staging, file);
    return { file, sha256: createHash("sha256").update(readFileSync(file)).digest("hex") };
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
  writeFileSync(join(tree, "bin", "runnerversion"), `${options.version ?? "2.336.0"}\n`);
  for (const name of ["node20", "node24"]) {
    mkdirSync(join(tree, "externals", name, "bin"), { recursive: true });
    symlinkSync(node, join(tree, "externals", name, "bin", "node"));
  }
  if (options.overrideDir !== undefined) cpSync(options.overrideDir, tree, { recursive: true });
  for (const path of filesOf(tree)) {
    if (!lstatSync(join(tree, path)).isSymbolicLink()) chmodSync(join(tree, path), 0o755);
  }
}

/** Writes to a temporary name first, so that an interrupted build leaves no partial archive in the cache. */
async function pack(tree: string, staging: string, file: string): Promise<void> {
  const unfinished = join(staging, "archive.tar.gz");
  await create({ file: unfinished, cwd: tree, gzip: true, portable: true, mtime: new Date(0) }, filesOf(tree));
  renameSync(unfinished, file);
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
