import { existsSync, mkdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { KeptVolume } from "../../aws/host-driver";
import { GIB } from "./block-devices";
import { LoopDevice } from "./loop-device";
import type { SystemdMachine } from "./systemd-machine";

/** Seconds for a command that only makes or removes a device's names. */
const COMMAND_LIMIT = 10;
/** Exit code of the command below. */
const MOUNTED = 3;

/** Volumes with a life of their own: sparse files that outlive the machines which have them. */
export class KeptVolumes {
  constructor(private readonly folder: string) {}

  file(volumeId: string): string {
    return join(this.folder, volumeId);
  }

  /** @param prepared called for a new, empty file */
  create({ volumeId, sizeGib, deviceName }: KeptVolume, prepared?: (file: string, deviceName: string) => void): void {
    const file = this.file(volumeId);
    if (existsSync(file)) return;
    mkdirSync(this.folder, { recursive: true });
    writeFileSync(file, "");
    truncateSync(file, sizeGib * GIB);
    prepared?.(file, deviceName);
  }

  /** A volume that no machine had yet has no file, and gets its size with it. */
  grow(volumeId: string, sizeGib: number): void {
    if (existsSync(this.file(volumeId))) truncateSync(this.file(volumeId), sizeGib * GIB);
  }

  remove(volumeId: string): void {
    rmSync(this.file(volumeId), { force: true });
  }
}

interface Slot {
  /** As udev on Nitro names it: in the order of attachment, and by the volume's id. */
  names: readonly [device: string, byId: string];
  device?: LoopDevice;
}

/** Those that one machine has. */
export class MachineVolumes {
  private readonly slots = new Map<string, Slot>();

  constructor(private readonly files: KeptVolumes) {}

  has(volumeId: string): boolean {
    return this.slots.has(volumeId);
  }

  /** For the machine's next boot. */
  add(volumeId: string): Slot {
    const taken = [...this.slots.values()].map(({ names: [device] }) => device);
    const index = [...taken.keys(), taken.length].find((number) => !taken.includes(deviceName(number)))!;
    const slot: Slot = { names: [deviceName(index), byIdName(volumeId)] };
    this.slots.set(volumeId, slot);
    return slot;
  }

  /** Returns each device as `SOURCE:TARGET`: the path on this computer, and one inside. */
  async connect(): Promise<string[]> {
    // A boot that failed has left its own.
    await this.disconnect();
    const binds: string[] = [];
    for (const [volumeId, slot] of this.slots) {
      slot.device = await LoopDevice.of(this.files.file(volumeId));
      binds.push(...slot.names.map((name) => `${slot.device!.path}:${name}`));
    }
    return binds;
  }

  /** After the machine's last process has ended. */
  async disconnect(): Promise<void> {
    for (const slot of this.slots.values()) {
      await slot.device?.release();
      slot.device = undefined;
    }
  }

  /** Into a running machine. */
  async plug(volumeId: string, machine: SystemdMachine): Promise<void> {
    const slot = this.add(volumeId);
    slot.device = await LoopDevice.of(this.files.file(volumeId));
    const { major, minor } = slot.device.numbers;
    const [device, byId] = slot.names;
    await succeeds(
      machine,
      `mknod -m 0660 ${device} b ${major} ${minor} && mkdir -p /dev/disk/by-id && ln -sf ../../${device.slice(5)} ${byId}`,
    );
  }

  /** Out of a running machine. False if it has the volume mounted. */
  async unplug(volumeId: string, machine: SystemdMachine): Promise<boolean> {
    const { device, names } = this.slots.get(volumeId)!;
    if (device) {
      const { major, minor } = device.numbers;
      // Those of a boot are mounts, each of one device file.
      const remove = names.map((name) => `umount ${name} 2>/dev/null; rm -f ${name}`).join("; ");
      const { exitCode } = await machine.run(
        `if grep -q ' ${major}:${minor} ' /proc/1/mountinfo; then exit ${MOUNTED}; fi; ${remove}`,
        COMMAND_LIMIT,
      );
      if (exitCode === MOUNTED) return false;
    }
    await this.drop(volumeId);
    return true;
  }

  async drop(volumeId: string): Promise<void> {
    await this.slots.get(volumeId)?.device?.release();
    this.slots.delete(volumeId);
  }

  grow(volumeId: string): void {
    this.slots.get(volumeId)?.device?.grow();
  }
}

async function succeeds(machine: SystemdMachine, script: string): Promise<void> {
  const { exitCode, stderr } = await machine.run(script, COMMAND_LIMIT);
  if (exitCode !== 0) throw new Error(`the machine did not get the device: ${stderr.trim()}`);
}

/** The root volume is the first. */
function deviceName(index: number): string {
  return `/dev/nvme${index + 1}n1`;
}

function byIdName(volumeId: string): string {
  return `/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${volumeId.replace("-", "")}`;
}
