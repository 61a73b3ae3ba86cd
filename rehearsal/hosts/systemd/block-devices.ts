import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, truncateSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { AttachedVolume } from "../../aws/host-driver";
import { TOOL_PATH } from "./command";

const GIB = 1024 ** 3;
const ENV = { ...process.env, PATH: TOOL_PATH };

/**
 * Frees the loop device, which the kernel does once no one has it open: this process holds it until it is killed, the machine while
 * it has the file system mounted. So nothing is left of a rehearsal that is killed.
 */
const HOLD = 'exec 3<"$1"; losetup --detach "$1"; echo held; exec cat';

/**
 * A machine's volumes besides its root volume: sparse files, each as a loop device under EC2's name. They keep their content over
 * power-offs. A file that is gone is a volume that was detached.
 */
export class BlockDevices {
  private holders: ChildProcess[] = [];

  /** @param folder where the files are */
  constructor(
    private readonly folder: string,
    private readonly volumes: readonly AttachedVolume[],
  ) {}

  /** @param prepared called for each new, empty file */
  create(prepared?: (file: string, deviceName: string) => void): void {
    for (const { deviceName, sizeGib } of this.volumes) {
      mkdirSync(this.folder, { recursive: true });
      const file = this.file(deviceName);
      writeFileSync(file, "");
      truncateSync(file, sizeGib * GIB);
      prepared?.(file, deviceName);
    }
  }

  file(deviceName: string): string {
    return join(this.folder, basename(deviceName));
  }

  /** Returns each device as `SOURCE:TARGET`: the path on this machine, and the one inside. */
  async attach(): Promise<string[]> {
    // A boot that failed has left its own.
    await this.detach();
    const binds: string[] = [];
    for (const { deviceName } of this.volumes.filter(({ deviceName: name }) => existsSync(this.file(name)))) {
      const loop = execFileSync("losetup", ["--find", "--show", this.file(deviceName)], { env: ENV, encoding: "utf8" }).trim();
      const holder = spawn("setpriv", ["--pdeathsig", "KILL", "sh", "-c", HOLD, "sh", loop], {
        stdio: ["pipe", "pipe", "inherit"],
        env: ENV,
      });
      this.holders.push(holder);
      await Promise.race([
        once(holder.stdout, "data"),
        once(holder, "exit").then(() => Promise.reject(new Error(`${loop} cannot be held`))),
      ]);
      binds.push(`${loop}:${deviceName}`);
    }
    return binds;
  }

  /** After the machine's last process has ended. */
  async detach(): Promise<void> {
    await Promise.all(
      this.holders.splice(0).map(async (holder) => {
        if (holder.exitCode !== null || holder.signalCode !== null) return;
        const ended = once(holder, "exit");
        holder.kill("SIGKILL");
        await ended;
      }),
    );
  }
}
