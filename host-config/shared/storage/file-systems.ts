/** Formats and mounts by the commands of util-linux and e2fsprogs. */
import { rmdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { PrepareError } from "../prepare/prepare-error";
import type { Exec, ExecResult } from "../prepare/stage";
import type { BindPlan, MountPlan, Signature } from "./plan";
import { formatCommand, signatureOf } from "./plan";

/** util-linux gives 32 for a path that is none, and older versions 1. */
const NO_MOUNT_POINT = [1, 32];

export interface FileSystems {
  /** Rejects if the device cannot be read: what is on it is not known then. */
  signature(path: string): Promise<Signature>;
  format(path: string, label: string): Promise<void>;
  /** Whether exactly this device is mounted there; rejects if it is another one. */
  isMounted(path: string, mountPoint: string): Promise<boolean>;
  mount(path: string, plan: Pick<MountPlan, "mountPoint" | "options">): Promise<void>;
  /** A file system that the image has mounted there gets the options. */
  remount(plan: Pick<MountPlan, "mountPoint" | "options">): Promise<void>;
  bind(plan: Pick<BindPlan, "source" | "mountPoint" | "options">): Promise<void>;
  /** A device that is larger than its file system: of an image, with a size of its own. */
  grow(path: string, mountPoint: string, type: string | undefined): Promise<void>;
}

/** @param isSame replaced by tests */
export function fileSystems(exec: Exec, isSame = sameFolder): FileSystems {
  const run = (words: readonly string[]) => runOf(exec, words);
  return {
    async signature(path) {
      const found = await run(["blkid", "-p", "-o", "export", path]);
      if (found.code === 2) await requireReadable(path, run);
      return signatureOf(found);
    },
    async format(path, label) {
      const result = await run(formatCommand(path, label));
      if (result.code !== 0) throw new PrepareError(`storage: ${path} could not be formatted: ${lastLine(result)}`);
    },
    async isMounted(path, mountPoint) {
      const { code, stdout } = await run(["mountpoint", "-d", mountPoint]);
      if (NO_MOUNT_POINT.includes(code)) return false;
      const device = await run(["mountpoint", "-x", path]);
      if (device.code === 0 && device.stdout.trim() === stdout.trim()) return true;
      throw new PrepareError(
        `storage: ${mountPoint} has another file system than ${path} mounted: remove it from the image, or use another mountPoint`,
      );
    },
    async mount(path, { mountPoint, options }) {
      const result = await run(["mount", ...optionsOf(options), path, mountPoint]);
      if (result.code !== 0) throw new PrepareError(`storage: ${path} could not be mounted at ${mountPoint}: ${lastLine(result)}`);
      removeLostAndFound(mountPoint);
    },
    async remount({ mountPoint, options }) {
      if (options.length === 0) return;
      const result = await run(["mount", "-o", ["remount", ...options].join(), mountPoint]);
      if (result.code !== 0) throw new PrepareError(`storage: ${mountPoint} could not be mounted again: ${lastLine(result)}`);
    },
    async bind({ source, mountPoint, options }) {
      if ((await run(["mountpoint", "-q", mountPoint])).code === 0) {
        if (isSame(source, mountPoint)) return;
        throw new PrepareError(`storage: ${mountPoint} has a file system of the image mounted: remove it from the image`);
      }
      let result = await run(["mount", "--bind", source, mountPoint]);
      // A bind mount takes options only when it is mounted again.
      if (result.code === 0 && options.length > 0) result = await run(["mount", "-o", ["remount", "bind", ...options].join(), mountPoint]);
      if (result.code !== 0) throw new PrepareError(`storage: ${source} could not be mounted at ${mountPoint}: ${lastLine(result)}`);
    },
    async grow(path, mountPoint, type) {
      const result = await run(type === "xfs" ? ["xfs_growfs", mountPoint] : ["resize2fs", path]);
      if (result.code !== 0) throw new PrepareError(`storage: the file system on ${path} could not be enlarged: ${lastLine(result)}`);
    },
  };
}

/** A program that is not on the machine fails as any other. */
export async function runOf(exec: Exec, words: readonly string[]): Promise<ExecResult> {
  const [file, ...args] = words as [string, ...string[]];
  return exec(file, args).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    return { code: 127, stdout: "", stderr: `${file} is not on this machine` };
  });
}

/** Past the page cache, and past where a file system of any kind has its first signature. */
async function requireReadable(path: string, run: (words: readonly string[]) => Promise<ExecResult>): Promise<void> {
  const result = await run(["dd", `if=${path}`, "of=/dev/null", "bs=64K", "count=2", "iflag=direct", "status=none"]);
  if (result.code !== 0) throw new PrepareError(`storage: ${path} could not be read: ${lastLine(result)}`);
}

function sameFolder(one: string, other: string): boolean {
  const [a, b] = [statSync(one), statSync(other)];
  return a.dev === b.dev && a.ino === b.ino;
}

export function lastLine({ stdout, stderr, code }: ExecResult): string {
  return stderr.trim().split("\n").at(-1) || stdout.trim().split("\n").at(-1) || `exit code ${code}`;
}

function optionsOf(options: readonly string[]): string[] {
  return options.length === 0 ? [] : ["-o", options.join()];
}

/** ext4's own folder would be in the way of programs that want an empty one. Only an empty one can be removed so. */
function removeLostAndFound(mountPoint: string): void {
  try {
    rmdirSync(join(mountPoint, "lost+found"));
  } catch {
    // The file system has none, or it holds what a repair has found.
  }
}
