import type { HostDriver, KeptVolume } from "../aws/host-driver";

/** Breaks the construction cycle between the AWS stand-in and the hosts: each needs the other at construction. */
export class DeferredHostDriver implements HostDriver {
  driver: HostDriver | undefined;

  private get target(): HostDriver {
    if (!this.driver) throw new Error("the hosts are not open yet");
    return this.driver;
  }

  launch: HostDriver["launch"] = (spec) => this.target.launch(spec);
  stop: HostDriver["stop"] = (id, how) => this.target.stop(id, how);
  start: HostDriver["start"] = (id) => this.target.start(id);
  hibernate: HostDriver["hibernate"] = (id) => this.target.hibernate(id);
  resume: HostDriver["resume"] = (id) => this.target.resume(id);
  terminate: HostDriver["terminate"] = (id) => this.target.terminate(id);
  runCommand: HostDriver["runCommand"] = (id, commands) => this.target.runCommand(id, commands);
  attachVolume = async (id: string, volume: KeptVolume): Promise<void> => this.target.attachVolume?.(id, volume);
  detachVolume = async (id: string, volumeId: string): Promise<boolean> => (await this.target.detachVolume?.(id, volumeId)) ?? true;
  growVolume = async (volumeId: string, sizeGib: number): Promise<void> => this.target.growVolume?.(volumeId, sizeGib);
  deleteVolume = async (volumeId: string): Promise<void> => this.target.deleteVolume?.(volumeId);
  console = (id: string): string => this.driver?.console?.(id) ?? "";
  close = async (): Promise<void> => this.driver?.close();
}
