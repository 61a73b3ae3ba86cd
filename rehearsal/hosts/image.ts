import { spawn } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { brokenSeal, cacheFolder, ownFolder, seal } from "../cache-folder";
import {
  FILES,
  type ImageContent,
  LEFT_OUT,
  MACHINE_NODE,
  MASKED_GENERATORS,
  MASKED_UNITS,
  packagesOf,
  recipeDigest,
  SUITE,
} from "./image-recipe";
import { archiveHook, completeArchive } from "./package-archive";
import { removeFolder } from "./remove-folder";
import { TOOL_PATH, finished, succeed } from "./systemd/command";

/** Each content has an image of its own, which is cached beside the usual one. */
export interface ImageOptions extends ImageContent {
  /** Default: `$XDG_CACHE_HOME/ci-runners/machine`, or below `~/.cache`. */
  cacheDir?: string;
  /** Debian mirror. Default: `CI_RUNNERS_DEBIAN_MIRROR`, or mmdebstrap's own choice (deb.debian.org). */
  mirror?: string;
  /** Called with one line of text at each step of the build; not called if the image exists. */
  progress?: (line: string) => void;
}

/** Images that this process has found as they were built: reading one takes 1 to 4 s. */
const checked = new Set<string>();

/**
 * Returns the directory of the root file system that all machines share, read-only, as the lower layer of their disks.
 * Built once (about 40 s and 350 MB on two cores) and cached under the digest of its recipe; a second caller waits for
 * the first.
 *
 * @throws if other users could have changed the image, or if anything in it has changed since it was built.
 */
export async function machineImage(options: ImageOptions = {}): Promise<string> {
  const cache = ownFolder(options.cacheDir ?? cacheFolder("machine"));
  const root = join(cache, recipeDigest(options), "root");
  if (existsSync(root)) return unchanged(root);
  const unlock = await lock(join(cache, "lock"), options.progress);
  try {
    if (!existsSync(root)) await build(cache, root, options);
  } finally {
    unlock();
  }
  return unchanged(root);
}

/** An altered image is not built again here: machines of another run may have it mounted. */
function unchanged(root: string): string {
  if (checked.has(root)) return root;
  const problem = brokenSeal(root);
  if (problem !== undefined) {
    throw new Error(`machine image: ${problem}, so root must not boot it: stop all rehearsals and remove ${dirname(root)}`);
  }
  checked.add(root);
  return root;
}

async function build(cache: string, root: string, options: ImageOptions): Promise<void> {
  const say = (text: string) => options.progress?.(`machine image: ${text}`);
  // This process holds the lock, so any such directory was left by a build that did not finish.
  for (const name of readdirSync(cache).filter((entry) => entry.startsWith("building-"))) {
    await removeFolder(join(cache, name));
  }
  const started = Date.now();
  const scratch = join(cache, `building-${process.pid}`);
  say(`building Debian ${options.suite ?? SUITE} once, for all later runs`);
  try {
    await bootstrap(scratch, options, say);
    customize(scratch);
    if (options.archive !== undefined) await completeArchive(scratch);
    await checkNode(scratch);
    mkdirSync(dirname(root), { recursive: true });
    seal(root, scratch);
    // Only the rename makes the image visible: an incomplete image is never used.
    renameSync(scratch, root);
  } catch (error) {
    // The next build removes what this one cannot.
    await removeFolder(scratch).catch((left: Error) => say(left.message));
    throw error;
  }
  say(`ready after ${Math.round((Date.now() - started) / 1000)} s`);
}

async function bootstrap(target: string, options: ImageOptions, say: (text: string) => void): Promise<void> {
  const mirror = options.mirror ?? process.env.CI_RUNNERS_DEBIAN_MIRROR;
  const suite = options.suite ?? SUITE;
  const args = [
    "--variant=minbase",
    "--mode=root",
    "--format=directory",
    `--include=${packagesOf(suite, options.packages).join(",")}`,
    '--aptopt=Acquire::Languages "none"',
    "--aptopt=Acquire::Retries 3",
    ...LEFT_OUT.map((path) => `--dpkgopt=path-exclude=${path}`),
    ...(options.archive === undefined ? [] : [`--customize-hook=${archiveHook(options.archive)}`]),
    suite,
    target,
    ...(mirror ? [mirror] : []),
  ];
  const onErrorLine = (line: string) => {
    if (line.startsWith("I: ") && /(updat|download|extract|install|clean)ing/.test(line)) say(line.slice(3).replace(/\.\.\.$/, ""));
  };
  try {
    await succeed("mmdebstrap", args, { onErrorLine, env: { LC_ALL: "C" } });
  } catch (error) {
    throw new Error(
      `${(error as Error).message}\nThe machine image needs a Debian mirror with ${suite}: set CI_RUNNERS_DEBIAN_MIRROR to one that ` +
        "this machine can reach, or rehearse with --hosts simulated.",
    );
  }
}

function customize(root: string): void {
  for (const [path, content] of Object.entries(FILES)) {
    const target = join(root, path);
    mkdirSync(dirname(target), { recursive: true, mode: 0o755 });
    rmSync(target, { force: true });
    writeFileSync(target, content, { mode: 0o644 });
  }
  for (const unit of MASKED_UNITS) mask(join(root, "etc/systemd/system"), unit);
  for (const generator of MASKED_GENERATORS) mask(join(root, "etc/systemd/system-generators"), generator);
  copyFileSync(process.execPath, join(root, MACHINE_NODE));
  chmodSync(join(root, MACHINE_NODE), 0o755);
}

/** As `systemctl mask`: for systemd, a link to /dev/null in /etc hides the file of that name in /lib. */
function mask(folder: string, name: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  rmSync(join(folder, name), { force: true });
  symlinkSync("/dev/null", join(folder, name));
}

/** Some distributions split Node into shared libraries, which are missing if only the program is copied. */
async function checkNode(root: string): Promise<void> {
  const node = await finished("chroot", [root, MACHINE_NODE, "--version"]);
  if (node.exitCode === 0) return;
  throw new Error(
    `${process.execPath} does not run in the machine image (${node.stderr.trim()}): use a self-contained Node, as nodejs.org ` +
      "and NodeSource ship it",
  );
}

/** A child process holds the lock, so the kernel releases it however this process ends. */
function lock(path: string, progress?: (line: string) => void): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const holder = spawn("flock", [path, "sh", "-c", "echo held; exec cat"], {
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, PATH: TOOL_PATH },
    });
    // 1 s: reported only if another run really holds the lock.
    const waiting = setTimeout(() => progress?.("machine image: another run is building it; waiting"), 1000);
    holder.once("error", (error) => reject(new Error(`flock cannot run: ${error.message}`)));
    holder.once("exit", (code) => {
      clearTimeout(waiting);
      reject(new Error(`flock ${path} ended with exit code ${code}`));
    });
    holder.stdout.once("data", () => {
      clearTimeout(waiting);
      resolve(() => holder.stdin.end());
    });
  });
}
