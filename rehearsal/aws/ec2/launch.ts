import { AwsError, type Principal, type Shape } from "../api";
import { nameOf } from "../account";
import { findImage, type ImageFacts, instanceTypes, volumesOf } from "./catalogue";
import { describeInstance } from "./describe-instances";
import { invalidValue } from "./errors";
import type { Instance, InstanceProfile, InstanceRequest, MetadataOptions } from "./instance";
import { architectureRefusal, nestedVirtualizationRefusal, userDataOf } from "./launch-refusals";
import type { Ec2Parts } from "./parts";
import { findProfile, imageIdOf, zoneOfSubnet } from "./resolve";
import { type BlockDevice, volumeRefusal } from "./volume-refusal";
import type { VolumeSpec } from "./volumes";

/** EC2's own default; the root device of an image that is not known here. */
const DEFAULT_TYPE = "m1.small";
const DEFAULT_ROOT = "/dev/sda1";
const DEFAULT_ROOT_GIB = 8;

/** The others are refused by name: each would have an effect that is not modelled. */
const SUPPORTED = new Set([
  "BlockDeviceMappings",
  "ClientToken",
  "CpuOptions",
  "CreditSpecification",
  "DisableApiStop",
  "DisableApiTermination",
  "EbsOptimized",
  "IamInstanceProfile",
  "ImageId",
  "InstanceInitiatedShutdownBehavior",
  "InstanceType",
  "MaxCount",
  "MetadataOptions",
  "MinCount",
  "Monitoring",
  "NetworkInterfaces",
  "SecurityGroupIds",
  "SubnetId",
  "TagSpecifications",
  "UserData",
]);

/** One instance for each client token: the same request again answers with the same instance. */
export function runInstances(parts: Ec2Parts, params: Shape, principal: Principal): Shape {
  if (principal.kind !== "operator") {
    // The provider's calls are authorised where they are made. Of any other caller's, this EC2 would ask IAM for too little.
    throw new Error(
      "RunInstances: the rehearsal's EC2 does not decide on iam:PassRole, subnets and keys for callers other than the deployment",
    );
  }
  for (const [name, value] of Object.entries(params)) {
    if (value !== undefined && !SUPPORTED.has(name)) throw new Error(`RunInstances: the rehearsal's EC2 does not support ${name}`);
  }
  if (params.MinCount !== 1 || params.MaxCount !== 1) throw new Error("RunInstances: the rehearsal's EC2 launches one instance at a time");
  const known = earlier(parts, params);
  const instance = known ?? launch(parts, params);
  return {
    ReservationId: instance.reservationId,
    OwnerId: parts.account.accountId,
    Instances: [describeInstance(parts, instance)],
  };
}

function earlier({ requests }: Ec2Parts, params: Shape): Instance | undefined {
  const found = requests.get(String(params.ClientToken));
  if (params.ClientToken === undefined || !found) return undefined;
  if (found.params === JSON.stringify(params)) return found.instance;
  throw new AwsError(
    "IdempotentParameterMismatch",
    "Arguments on this idempotent request are inconsistent with arguments used in previous request(s).",
  );
}

function launch(parts: Ec2Parts, params: Shape): Instance {
  const imageId = imageIdOf(params.ImageId as string | undefined);
  if (imageId === undefined) throw new AwsError("MissingParameter", "The request must contain the parameter ImageId");
  const image = findImage(imageId, parts.images, parts.account.accountId);
  const devices = devicesIn(params);
  const instance = parts.power.launch(requestFrom(parts, params, imageId, image, devices));
  const volumeTags = tagsFor(params, "volume");
  for (const { device, spec, deleteOnTermination } of volumesFor(image, devices, instance, volumeTags)) {
    parts.volumes.createFor(instance, device, spec, deleteOnTermination);
  }
  if (params.ClientToken !== undefined) parts.requests.set(String(params.ClientToken), { params: JSON.stringify(params), instance });
  return instance;
}

type Devices = (BlockDevice & { deleteOnTermination?: boolean })[];

function devicesIn(params: Shape): Devices {
  const mappings = (params.BlockDeviceMappings as Shape[] | undefined) ?? [];
  return mappings.map(({ DeviceName, Ebs = {} }) => {
    const { VolumeSize, VolumeType, Iops, Throughput, SnapshotId, KmsKeyId, Encrypted, DeleteOnTermination } = Ebs as Record<string, any>;
    return {
      deviceName: DeviceName as string,
      deleteOnTermination: DeleteOnTermination,
      ebs: {
        volumeSize: VolumeSize,
        volumeType: VolumeType,
        iops: Iops,
        throughput: Throughput,
        snapshotId: SnapshotId,
        kmsKeyId: KmsKeyId,
        encrypted: Encrypted,
      },
    };
  });
}

function requestFrom(parts: Ec2Parts, params: Shape, imageId: string, image: ImageFacts | undefined, devices: Devices): InstanceRequest {
  const { SubnetId, SecurityGroupIds, NetworkInterfaces, MetadataOptions: metadata = {}, CpuOptions: cpu = {} } = params as any;
  const type = instanceTypes.get((params.InstanceType as string | undefined) ?? DEFAULT_TYPE);
  if (!type) throw invalidValue(`Invalid value '${params.InstanceType}' for InstanceType.`);
  const refusedDevice = volumeRefusal(image, devices);
  const nestedVirtualization = cpu.NestedVirtualization === "enabled";
  const refusal =
    architectureRefusal(type, image) ??
    nestedVirtualizationRefusal(type, nestedVirtualization) ??
    (refusedDevice === undefined ? undefined : new AwsError("InvalidBlockDeviceMapping", refusedDevice));
  if (refusal) throw refusal;
  const network = NetworkInterfaces?.[0] ?? {};
  const subnetId: string = network.SubnetId ?? SubnetId ?? "subnet-default";
  return {
    userData: userDataOf(params.UserData as string | undefined),
    instanceType: type.name,
    imageId,
    profile: profileOf(parts, params),
    subnetId,
    availabilityZone: zoneOfSubnet(parts.store, parts.account, subnetId),
    tags: tagsFor(params, "instance"),
    metadata: metadataFrom(metadata),
    own: {
      shutdownBehavior: shutdownBehaviorOf(params.InstanceInitiatedShutdownBehavior ?? "stop"),
      disableApiTermination: params.DisableApiTermination === true,
      disableApiStop: params.DisableApiStop === true,
      rootDeviceName: image?.rootDeviceName ?? DEFAULT_ROOT,
      securityGroups: network.Groups ?? SecurityGroupIds ?? [],
      publicAddress: network.AssociatePublicIpAddress ?? publicByDefault(parts, subnetId),
      nestedVirtualization,
      clientToken: params.ClientToken as string | undefined,
    },
  };
}

function shutdownBehaviorOf(value: unknown): "stop" | "terminate" {
  if (value === "stop" || value === "terminate") return value;
  throw invalidValue(`Invalid value '${value}' for InstanceInitiatedShutdownBehavior.`);
}

function publicByDefault({ store }: Ec2Parts, subnetId: string): boolean {
  return store.get("aws:ec2/subnet:Subnet", subnetId)?.state.mapPublicIpOnLaunch === true;
}

function profileOf({ store }: Ec2Parts, params: Shape): InstanceProfile | undefined {
  const given = params.IamInstanceProfile as { Arn?: string; Name?: string } | undefined;
  if (!given) return undefined;
  const found = findProfile(store, { arn: given.Arn, name: given.Name });
  if (!found) {
    const [member, value] = given.Name === undefined ? ["arn", given.Arn] : ["name", given.Name];
    throw invalidValue(`Value (${value}) for parameter iamInstanceProfile.${member} is invalid. Invalid IAM Instance Profile ${member}`);
  }
  const { role, arn } = found.state;
  return role ? { arn, roleName: nameOf(String(role)) } : undefined;
}

function metadataFrom(given: Record<string, any>): MetadataOptions {
  return {
    // EC2's own default, unless the image or the account says otherwise.
    httpTokens: given.HttpTokens ?? "optional",
    httpPutResponseHopLimit: given.HttpPutResponseHopLimit,
    httpEndpoint: given.HttpEndpoint,
    instanceMetadataTags: given.InstanceMetadataTags,
  };
}

function tagsFor(params: Shape, kind: "instance" | "volume"): Record<string, string> {
  const specifications = (params.TagSpecifications as { ResourceType: string; Tags: { Key: string; Value: string }[] }[] | undefined) ?? [];
  const tags = specifications.filter(({ ResourceType }) => ResourceType === kind).flatMap(({ Tags }) => Tags);
  return Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value]));
}

interface NewVolume {
  device: string;
  spec: VolumeSpec;
  deleteOnTermination: boolean;
}

/** The image's volumes with the request's changes, and those that only the request has. */
function volumesFor(image: ImageFacts | undefined, devices: Devices, instance: Instance, tags: Record<string, string>): NewVolume[] {
  const ofImage = image ? volumesOf(image) : [{ deviceName: DEFAULT_ROOT, sizeGib: DEFAULT_ROOT_GIB, snapshotId: undefined }];
  const names = new Set([...ofImage.map(({ deviceName }) => deviceName), ...devices.map(({ deviceName = "" }) => deviceName)]);
  return [...names].map((device) => {
    const known = ofImage.find(({ deviceName }) => deviceName === device);
    const { ebs = {}, deleteOnTermination } = devices.find(({ deviceName }) => deviceName === device) ?? {};
    return {
      device,
      // EC2's default for a volume that the request adds is the other one.
      deleteOnTermination: deleteOnTermination ?? known !== undefined,
      spec: {
        sizeGib: ebs.volumeSize ?? known?.sizeGib ?? DEFAULT_ROOT_GIB,
        type: ebs.volumeType ?? "gp2",
        iops: ebs.iops,
        throughput: ebs.throughput,
        encrypted: ebs.encrypted === true || ebs.encrypted === "true" || ebs.kmsKeyId !== undefined,
        kmsKeyId: ebs.kmsKeyId,
        snapshotId: ebs.snapshotId ?? known?.snapshotId,
        availabilityZone: instance.availabilityZone,
        tags,
      },
    };
  });
}
