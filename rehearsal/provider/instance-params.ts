import type { Shape } from "../aws/api";
import { dropAbsent, type Json, type Properties } from "./values";

export interface LaunchContext {
  tags: Record<string, string>;
  clientToken: string;
  /** Of the image. */
  rootDeviceName: string;
}

/** RunInstances for the inputs, as the real provider calls it. */
export function launchParams(given: Properties, { tags, clientToken, rootDeviceName }: LaunchContext): Shape {
  const { metadataOptions: metadata, cpuOptions: cpu, rootBlockDevice: root, iamInstanceProfile: profile } = given;
  return dropAbsent({
    ClientToken: clientToken,
    MinCount: 1,
    MaxCount: 1,
    ImageId: given.ami,
    InstanceType: given.instanceType,
    UserData: userDataOf(given),
    IamInstanceProfile: profile && { Name: profile },
    DisableApiTermination: given.disableApiTermination,
    DisableApiStop: given.disableApiStop,
    InstanceInitiatedShutdownBehavior: given.instanceInitiatedShutdownBehavior,
    EbsOptimized: given.ebsOptimized,
    Monitoring: given.monitoring === undefined ? undefined : { Enabled: given.monitoring },
    CreditSpecification: given.creditSpecification && { CpuCredits: given.creditSpecification.cpuCredits },
    CpuOptions:
      cpu && dropAbsent({ CoreCount: cpu.coreCount, ThreadsPerCore: cpu.threadsPerCore, NestedVirtualization: cpu.nestedVirtualization }),
    MetadataOptions: metadata && metadataParams(metadata),
    BlockDeviceMappings: root && [rootMapping(root, rootDeviceName)],
    ...networkParams(given),
    TagSpecifications: tagSpecifications(tags, given.volumeTags ?? root?.tags),
  });
}

/** With a subnet the provider describes the primary network interface, without one only the groups. */
function networkParams({ subnetId, vpcSecurityGroupIds: groups, associatePublicIpAddress }: Properties): Shape {
  if (subnetId === undefined) return dropAbsent({ SecurityGroupIds: groups });
  return {
    NetworkInterfaces: [
      dropAbsent({ DeviceIndex: 0, SubnetId: subnetId, Groups: groups, AssociatePublicIpAddress: associatePublicIpAddress }),
    ],
  };
}

function rootMapping(root: Json, deviceName: string): Shape {
  return {
    DeviceName: deviceName,
    Ebs: dropAbsent({
      VolumeSize: root.volumeSize,
      VolumeType: root.volumeType,
      Iops: root.iops,
      Throughput: root.throughput,
      Encrypted: root.encrypted,
      KmsKeyId: root.kmsKeyId,
      DeleteOnTermination: root.deleteOnTermination ?? true,
    }),
  };
}

export function metadataParams(metadata: Json): Shape {
  return dropAbsent({
    HttpEndpoint: metadata.httpEndpoint,
    HttpTokens: metadata.httpTokens,
    HttpPutResponseHopLimit: metadata.httpPutResponseHopLimit,
    InstanceMetadataTags: metadata.instanceMetadataTags,
  });
}

function tagSpecifications(tags: Record<string, string>, volumeTags: Record<string, string> = {}): Shape[] | undefined {
  const specifications = [
    { ResourceType: "instance", Tags: tagParams(tags) },
    { ResourceType: "volume", Tags: tagParams(volumeTags) },
  ].filter(({ Tags }) => Tags.length > 0);
  return specifications.length === 0 ? undefined : specifications;
}

export function tagParams(tags: Record<string, string>): Shape[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

/** Base64. The provider takes what is base64 already as it is. */
function userDataOf({ userData, userDataBase64 }: Properties): string | undefined {
  if (userData === undefined) return userDataBase64;
  const bytes = Buffer.from(String(userData), "base64");
  return bytes.toString("base64") === userData ? String(userData) : Buffer.from(String(userData)).toString("base64");
}

/** What ModifyInstanceAttribute gets: the decoded bytes. */
export function userDataBytes(given: Properties): Uint8Array {
  return Buffer.from(userDataOf(given) ?? "", "base64");
}
