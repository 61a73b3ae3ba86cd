import { existsSync, mkdirSync, truncateSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { AttachedVolume } from "../../aws/host-driver";
import { LoopDevice } from "./loop-device";

export const GIB = 1024 ** 3;

/**
 * A machine's volumes besides its root volume: sparse files, each as a loop device under EC2's name. They keep their content over
 * power-offs. A file that is gone is a volume that was detached.
 */
export class BlockDevices {
  private devices: LoopDevice[] = [];

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
      const device = await LoopDevice.of(this.file(deviceName));
      this.devices.push(device);
      binds.push(`${device.path}:${deviceName}`);
    }
    return binds;
  }

  /** After the machine's last process has ended. */
  async detach(): Promise<void> {
    await Promise.all(this.devices.splice(0).map((device) => device.release()));
  }
}
