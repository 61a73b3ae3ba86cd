/** The instances' hosts as the AWS stand-in controls them: systemd machines or simulated hosts. */
export interface LaunchSpec {
  instanceId: string;
  /** Decoded user data, as cloud-init would see it. */
  userData: string;
  instanceType: string;
  privateIp: string;
  /** Besides the root volume. */
  volumes?: readonly AttachedVolume[];
  /** Volumes with a life of their own that are attached from the first boot on. */
  kept?: readonly KeptVolume[];
}

/** A volume that EC2 attaches at the launch, empty, and deletes with the instance. */
export interface AttachedVolume {
  /** EC2's name, such as `/dev/sdf`. */
  deviceName: string;
  sizeGib: number;
}

/** A volume with a life of its own: it keeps its content when it is attached to another instance. */
export interface KeptVolume extends AttachedVolume {
  /** `vol-` and 17 hexadecimal digits. */
  volumeId: string;
}

export interface CommandResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

export interface HostDriver {
  /** First power-on with an empty disk. Resolves when the machine is running; its bootstrap continues. */
  launch(spec: LaunchSpec): Promise<void>;
  /** Orderly power-off, by force a power cut, also during an orderly one. Keeps the disk. Nothing if the machine is off. */
  stop(instanceId: string, how?: { force?: boolean }): Promise<void>;
  start(instanceId: string): Promise<void>;
  hibernate(instanceId: string): Promise<void>;
  resume(instanceId: string): Promise<void>;
  /** Power-off and removal of the disk. */
  terminate(instanceId: string): Promise<void>;
  /** Runs shell commands as root, as the SSM agent would. Rejects if the machine does not answer. */
  runCommand(instanceId: string, commands: string[]): Promise<CommandResult>;
  /** What the machine wrote to its console since launch; also after its termination. Absent: nothing. */
  console?(instanceId: string): string;
  /** Attaches a volume to a machine, also while it runs. Absent: the hosts have no disks. */
  attachVolume?(instanceId: string, volume: KeptVolume): Promise<void>;
  /** False if the running machine has it mounted: then it stays. A machine that is off gives every volume. */
  detachVolume?(instanceId: string, volumeId: string): Promise<boolean>;
  growVolume?(volumeId: string, sizeGib: number): Promise<void>;
  deleteVolume?(volumeId: string): Promise<void>;
  /** Terminates everything that the driver started. Safe to call twice and after a failure. */
  close(): Promise<void>;
}
