import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { statSync } from "node:fs";
import { TOOL_PATH } from "./command";

const ENV = { ...process.env, PATH: TOOL_PATH };

/**
 * Frees the loop device, which the kernel does once no one has it open: this process holds it until it is killed, the machine while
 * it has the file system mounted. So nothing is left of a rehearsal that is killed.
 */
const HOLD = 'exec 3<"$1"; losetup --detach "$1"; echo held; exec cat';

/** A file as a block device of this computer. */
export class LoopDevice {
  private constructor(
    readonly path: string,
    private readonly holder: ChildProcess,
  ) {}

  static async of(file: string): Promise<LoopDevice> {
    const path = execFileSync("losetup", ["--find", "--show", file], { env: ENV, encoding: "utf8" }).trim();
    const holder = spawn("setpriv", ["--pdeathsig", "KILL", "sh", "-c", HOLD, "sh", path], {
      stdio: ["pipe", "pipe", "inherit"],
      env: ENV,
    });
    await Promise.race([once(holder.stdout, "data"), once(holder, "exit").then(() => Promise.reject(new Error(`${path} cannot be held`)))]);
    return new LoopDevice(path, holder);
  }

  /** By which the kernel knows it, in every namespace. */
  get numbers(): { major: number; minor: number } {
    const { rdev } = statSync(this.path);
    return { major: (rdev >> 8) & 0xfff, minor: (rdev & 0xff) | ((rdev >> 12) & 0xfff00) };
  }

  /** Takes the file's new size. */
  grow(): void {
    execFileSync("losetup", ["--set-capacity", this.path], { env: ENV });
  }

  async release(): Promise<void> {
    const { holder } = this;
    if (holder.exitCode !== null || holder.signalCode !== null) return;
    const ended = once(holder, "exit");
    holder.kill("SIGKILL");
    await ended;
  }
}
