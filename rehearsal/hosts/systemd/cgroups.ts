import { existsSync, mkdirSync, readFileSync, readdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Each machine gets its own control groups at the root of the hierarchy, as with LXC: they contain every process that the
 * machine ever started, however deeply forked, so all can be frozen or killed together.
 */

/** Mount point of cgroup v2 and, on a hybrid machine, of systemd's own v1 hierarchy. */
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

  /** `name` may contain slashes. Creates nothing yet. */
  static at(mounts: CgroupMounts, name: string): Cgroup {
    const roots = [mounts.unified, mounts.legacy].filter((root): root is string => root !== undefined);
    return new Cgroup(roots.map((root) => join(root, name)));
  }

  create(): void {
    for (const path of this.paths) mkdirSync(path, { recursive: true });
  }

  /** The `cgroup.procs` files: a process id that is written to them moves that process here. */
  get procsFiles(): string[] {
    return this.paths.map((path) => join(path, "cgroup.procs"));
  }

  /** Freezes or thaws every process of a child group; the processes do not notice. Needs Linux 5.2. */
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
        // The process ended between the listing and the signal.
      }
    }
  }

  /** Removes the empty groups, deepest first. Returns false if one still has processes. */
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
    return [path]; // Removed meanwhile: a machine removes its groups when it shuts down.
  }
}

function members(path: string): number[] {
  try {
    return readFileSync(join(path, "cgroup.procs"), "utf8").split("\n").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}
