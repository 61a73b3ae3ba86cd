/** The instances' hosts as the AWS stand-in controls them: systemd machines or simulated hosts. */
export interface LaunchSpec {
  instanceId: string;
  /** Decoded user data, as cloud-init would see it. */
  userData: string;
  instanceType: string;
  privateIp: string;
  /** Besides the root volume. */
  volumes?: readonly AttachedVolume[];
}

/** A volume that EC2 attaches at the launch, empty, and deletes with the instance. */
export interface AttachedVolume {
  /** EC2's name, such as `/dev/sdf`. */
  deviceName: string;
  sizeGib: number;
}

export interface CommandResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

export interface HostDriver {
  /** First power-on with an empty disk. Resolves when the machine is running; its bootstrap continues. */
  launch(spec: LaunchSpec): Promise<void>;
  /** Orderly power-off; keeps the disk. */
  stop(instanceId: string): Promise<void>;
  start(instanceId: string): Promise<void>;
  hibernate(instanceId: string): Promise<void>;
  resume(instanceId: string): Promise<void>;
  /** Power-off and removal of the disk. */
  terminate(instanceId: string): Promise<void>;
  /** Runs shell commands as root, as the SSM agent would. Rejects if the machine does not answer. */
  runCommand(instanceId: string, commands: string[]): Promise<CommandResult>;
  /** What the machine wrote to its console since launch; also after its termination. Absent: nothing. */
  console?(instanceId: string): string;
  /** Terminates everything that the driver started. Safe to call twice and after a failure. */
  close(): Promise<void>;
}
