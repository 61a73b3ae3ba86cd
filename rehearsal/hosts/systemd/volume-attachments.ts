import type { KeptVolume } from "../../aws/host-driver";
import { enqueue, type Host } from "./host";
import type { KeptVolumes } from "./kept-volumes";

/** Gives machines their volumes and takes them back, in order with whatever else is done to a machine. */
export class VolumeAttachments {
  /** @param newVolume called for the file of each new volume */
  constructor(
    private readonly volumes: KeptVolumes,
    private readonly newVolume?: (file: string, deviceName: string) => void,
  ) {}

  /** For a machine that is off. */
  prepare(host: Host, volume: KeptVolume): void {
    this.volumes.create(volume, this.newVolume);
    host.kept.add(volume.volumeId);
  }

  attach(host: Host, volume: KeptVolume): Promise<void> {
    return enqueue(host, async () => {
      if (!host.machine?.running) return this.prepare(host, volume);
      this.volumes.create(volume, this.newVolume);
      await host.kept.plug(volume.volumeId, host.machine);
    });
  }

  /** False if the running machine has it mounted. */
  async detach(host: Host, volumeId: string): Promise<boolean> {
    if (!host.kept.has(volumeId)) return true;
    return enqueue(host, async () => {
      if (host.machine?.running) return host.kept.unplug(volumeId, host.machine);
      await host.kept.drop(volumeId);
      return true;
    });
  }

  grow(hosts: Iterable<Host>, volumeId: string, sizeGib: number): void {
    this.volumes.grow(volumeId, sizeGib);
    for (const { kept } of hosts) kept.grow(volumeId);
  }
}
