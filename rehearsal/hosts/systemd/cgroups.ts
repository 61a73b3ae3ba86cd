import { existsSync, mkdirSync, readFileSync, readdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Machines get control groups of their own at the root of the hierarchy, as LXC does: whatever a machine ever started
 * is in there, so it can be frozen and killed as one, however deep it forked.
 */

/** Mount point of cgroup v2, and of systemd's own v1 hierarchy where the machine is a hybrid one. */
export interface CgroupMounts {
  unified: string;
  legacy?: string;
}

export function cgroupMounts(mountinfo = readFileSync("/proc/self/mountinfo", "utf8")): CgroupMounts | undefined {
  let unified: string | undefined;
  let legacy: string | undefined;
  for (const line of mountinfo.split("\n")) {
    const [head, tail] = line.split(" - ");
    const mountPoint = head?.split(" ")[4];
    const [type, , options] = tail?.split(" ") ?? [];
    if (mountPoint === undefined) continue;
    if (type === "cgroup2") unified ??= mountPoint;
    if (type === "cgroup" && options?.split(",").includes("name=systemd")) legacy ??= mountPoint;
  }
  return unified === undefined ? undefined : { unified, legacy };
}

export class Cgroup {
  private constructor(readonly paths: readonly string[]) {}

  /** `name` may have slashes. Nothing is made on disk yet. */
  static at(mounts: CgroupMounts, name: string): Cgroup {
    const roots = [mounts.unified, mounts.legacy].filter((root): root is string => root !== undefined);
    return new Cgroup(roots.map((root) => join(root, name)));
  }

  create(): void {
    for (const path of this.paths) mkdirSync(path, { recursive: true });
  }

  /** Files to write a process id to in order to move that process here. */
  get doors(): string[] {
    return this.paths.map((path) => join(path, "cgroup.procs"));
  }

  /** Stops or lets go every process of a child group, without any of them noticing. Kernel 5.2 or newer. */
  freeze(child: string, frozen: boolean): void {
    writeFileSync(join(this.unified, child, "cgroup.freeze"), frozen ? "1" : "0");
  }

  isFrozen(child: string): boolean {
    return /^frozen 1$/m.test(readFileSync(join(this.unified, child, "cgroup.events"), "utf8"));
  }

  /** Every process in this group and below. */
  processes(): number[] {
    return [...new Set(this.paths.flatMap((path) => walk(path)).flatMap(members))];
  }

  kill(): void {
    for (const pid of this.processes()) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // Gone between the listing and the signal.
      }
    }
  }

  /** Removes the empty groups, deepest first. False: something still lives in one. */
  remove(): boolean {
    for (const path of this.paths.flatMap((root) => walk(root)).reverse()) {
      try {
        rmdirSync(path);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOENT") return false;
      }
    }
    return true;
  }

  private get unified(): string {
    return this.paths[0]!;
  }
}

/** The directory and all below it, parents before children. */
function walk(path: string): string[] {
  if (!existsSync(path)) return [];
  try {
    const children = readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return [path, ...children.flatMap((entry) => walk(join(path, entry.name)))];
  } catch {
    return [path]; // Removed meanwhile: a machine that is going down takes its groups with it.
  }
}

function members(path: string): number[] {
  try {
    return readFileSync(join(path, "cgroup.procs"), "utf8").split("\n").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}
