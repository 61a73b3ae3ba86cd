import type { AttachedVolume } from "../host-driver";

/** EC2's names for the power state of an instance. */
export type PowerState = "pending" | "running" | "stopping" | "stopped" | "shutting-down" | "terminated";

/** The resolved launch template from which an instance is launched. */
export interface InstanceRequest {
  /** Decoded. */
  userData: string;
  instanceType: string;
  imageId?: string;
  /** Without an instance profile, the metadata service returns no credentials. */
  profile?: InstanceProfile;
  subnetId: string;
  availabilityZone: string;
  tags: Record<string, string>;
  spot?: boolean;
  metadata?: MetadataOptions;
  hibernation?: boolean;
  /** Besides the root volume. */
  volumes?: readonly AttachedVolume[];
  /** EC2 ends the instance with this reason before it boots. */
  launchFailure?: string;
  /** Absent: a group launches it. */
  own?: OwnSettings;
}

/** What only an instance of its own has: one that RunInstances launches, for its caller instead of for a group. */
export interface OwnSettings {
  /** What a power-off from inside does. */
  shutdownBehavior: "stop" | "terminate";
  disableApiTermination: boolean;
  disableApiStop: boolean;
  rootDeviceName: string;
  securityGroups: readonly string[];
  /** Whether it gets a public address at each start. It loses it when it stops. */
  publicAddress: boolean;
  nestedVirtualization: boolean;
  clientToken?: string;
}

export interface InstanceProfile {
  arn: string;
  /** Name of the role in the profile, under which the instance's calls are authorised. */
  roleName: string;
}

export interface MetadataOptions {
  /** `required` (IMDSv2 only) unless the launch template says `optional`. */
  httpTokens?: "required" | "optional";
  /** 1..64, default 1. */
  httpPutResponseHopLimit?: number;
  /** Whether `tags/instance/` is served; EC2's default is disabled. */
  instanceMetadataTags?: "enabled" | "disabled";
  /** `disabled` disables the whole service. */
  httpEndpoint?: "enabled" | "disabled";
}

/** Why the instance is in its state. The message begins with the code. */
export interface StateReason {
  code: string;
  message: string;
}

export interface Instance extends InstanceRequest {
  /** `i-` and 17 hexadecimal digits. */
  id: string;
  privateIp: string;
  state: PowerState;
  /** Milliseconds since the epoch; of the last start. */
  launchedAt: number;
  /** Set once EC2 has terminated it. */
  endedAt?: number;
  reservationId: string;
  reason?: StateReason;
  /** EC2's other text about the last transition, with its time. Empty unless a caller caused it. */
  transition?: string;
  publicIp?: string;
  /** When it was switched off, and how many bytes its console had then. Only of an instance of its own. */
  switchedOff?: { at: number; consoleBytes: number }[];
  /** Set once a Spot interruption is announced. */
  interruption?: { action: "terminate"; at: number };
}
