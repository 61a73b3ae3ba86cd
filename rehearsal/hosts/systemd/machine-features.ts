/** What machines get besides the usual. */
export interface MachineFeatures {
  /** Machines in which a container engine can run, also a rootless one. */
  containers?: boolean;
  /**
   * With containers: the engine's folder is a plain one, because layers of containers are overlays and cannot lie on the machine's.
   * Default: true. False for machines with a volume there, which carries them itself.
   */
  engineFolder?: boolean;
  /** Devices of a machine, each as `SOURCE:TARGET`: a path on this machine, and the one inside. */
  devices?(instanceId: string): string[];
  /** Called for the file of each new volume of a machine, before its first boot. */
  newVolume?(file: string, deviceName: string): void;
}

/** For boot.sh: names with spaces between. */
export function featureNames({ containers, engineFolder = true }: MachineFeatures = {}): string {
  return [...(containers ? ["containers"] : []), ...(containers && engineFolder ? ["engine-folder"] : [])].join(" ");
}
