import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { AwsEnvironment } from "../shared/aws-environment";
import { GP3_BASE } from "../shared/host-rules/ebs";
import { VolumeType } from "../shared/host-args/volumes";
import type { HostRole } from "../shared/host-role";
import type { MachineFacts } from "./machine-facts";
import type { PersistentRunnerSettings } from "./settings";
import { firstUserData } from "./user-data";

export interface MachineParts {
  settings: PersistentRunnerSettings;
  facts: pulumi.Output<MachineFacts>;
  environment: pulumi.Output<AwsEnvironment>;
  securityGroupIds: pulumi.Output<string[]>;
  hostRole: HostRole;
  tags: pulumi.Output<Record<string, string>>;
  /** What the machine needs at its first boot. */
  dependsOn: pulumi.Resource[];
}

/**
 * What a deployment leaves alone. User data and image are of the first day, and the provider would stop the machine, and leave it running,
 * to change the one, or replace it for the other. The type is that of the last start: the control function sets it while the machine
 * is off, where the provider would stop a job.
 */
const OF_THE_MACHINE = ["ami", "instanceType", "userData"];

/**
 * The machine. Whether it runs is its lease's affair and never the program's. Pulumi's own protection refuses a replacement or a destroy in
 * the preview; by EC2's alone a second machine would be made, and the functions and the alarms of the first one removed, before it refuses.
 */
export function createMachine(name: string, parts: MachineParts, opts: pulumi.CustomResourceOptions): aws.ec2.Instance {
  const { settings, facts, environment, tags } = parts;
  const { terminationProtection, nestedVirtualization } = settings;
  return new aws.ec2.Instance(
    name,
    {
      ami: facts.imageId,
      instanceType: settings.instanceType,
      subnetId: settings.subnetId,
      vpcSecurityGroupIds: parts.securityGroupIds,
      iamInstanceProfile: parts.hostRole.profile.name,
      userData: environment.apply(({ region }) => firstUserData(settings, region)),
      rootBlockDevice: rootVolume(settings, tags),
      // One hop: a container on a bridge network is one hop further, so it cannot reach the role's credentials.
      metadataOptions: { httpEndpoint: "enabled", httpTokens: "required", httpPutResponseHopLimit: 1 },
      // `poweroff` must keep the disk.
      instanceInitiatedShutdownBehavior: "stop",
      disableApiTermination: terminationProtection,
      ...(nestedVirtualization ? { cpuOptions: { nestedVirtualization: "enabled" } } : {}),
      tags,
    },
    { ...opts, dependsOn: parts.dependsOn, ignoreChanges: OF_THE_MACHINE, protect: terminationProtection },
  );
}

function rootVolume(settings: PersistentRunnerSettings, tags: pulumi.Output<Record<string, string>>) {
  const { rootVolumeType, rootVolumeSize, rootVolumeIops, rootVolumeThroughput, kmsKeyArn } = settings;
  const base = rootVolumeType === VolumeType.Gp3 ? GP3_BASE : undefined;
  return {
    volumeType: rootVolumeType,
    volumeSize: rootVolumeSize,
    iops: rootVolumeIops ?? base?.iops,
    throughput: rootVolumeThroughput ?? base?.throughput,
    encrypted: true,
    kmsKeyId: kmsKeyArn,
    // With the instance, which is protected. What must outlive it belongs onto the cache volume.
    deleteOnTermination: true,
    // A provider's default tags do not reach it.
    tags,
  };
}
