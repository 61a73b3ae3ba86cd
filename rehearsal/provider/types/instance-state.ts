import { nameOf } from "../../aws/account";
import type { Shape } from "../../aws/api";
import { findInstance, findVolume, stateName } from "../ec2-waits";
import { arn, type ResourceContext } from "../resource-type";
import { dropAbsent, type Properties } from "../values";

/** What the provider reads from EC2, for all that the program may give and for the outputs. */
export async function liveState(id: string, given: Properties, context: ResourceContext): Promise<Properties> {
  const found = await findInstance(context.ec2, id);
  return found
    ? { ...stateOf(id, found, context), ...(await attributesOf(id, given, context)), ...(await rootOf(found, given, context)) }
    : {};
}

function stateOf(id: string, found: Shape, context: ResourceContext): Properties {
  const { region } = context.account;
  const metadata = found.MetadataOptions as Shape;
  const privateIp = String(found.PrivateIpAddress);
  const publicIp = found.PublicIpAddress as string | undefined;
  const profile = found.IamInstanceProfile as { Arn: string } | undefined;
  return {
    arn: instanceArn(id, context),
    ami: found.ImageId,
    instanceType: found.InstanceType,
    instanceState: stateName(found),
    availabilityZone: (found.Placement as Shape).AvailabilityZone,
    subnetId: found.SubnetId,
    privateIp,
    privateDns: `ip-${privateIp.replaceAll(".", "-")}.${region}.compute.internal`,
    publicIp: publicIp ?? "",
    publicDns: publicIp === undefined ? "" : `ec2-${publicIp.replaceAll(".", "-")}.${region}.compute.amazonaws.com`,
    // Read from the address that the instance has at the moment: false while it is off, whatever it was launched with.
    associatePublicIpAddress: publicIp !== undefined,
    iamInstanceProfile: profile && nameOf(profile.Arn),
    vpcSecurityGroupIds: (found.SecurityGroups as { GroupId: string }[]).map(({ GroupId }) => GroupId),
    metadataOptions: {
      httpEndpoint: metadata.HttpEndpoint,
      httpTokens: metadata.HttpTokens,
      httpPutResponseHopLimit: metadata.HttpPutResponseHopLimit,
      instanceMetadataTags: metadata.InstanceMetadataTags,
    },
  };
}

async function attributesOf(id: string, given: Properties, { ec2 }: ResourceContext): Promise<Properties> {
  const ask = async (Attribute: string) => {
    const reply = await ec2.call("DescribeInstanceAttribute", { InstanceId: id, Attribute });
    return (reply[Attribute[0]!.toUpperCase() + Attribute.slice(1)] as Shape).Value;
  };
  const encoded = (await ask("userData")) as string | undefined;
  const text = encoded === undefined ? undefined : Buffer.from(encoded, "base64").toString("utf8");
  return {
    disableApiTermination: await ask("disableApiTermination"),
    disableApiStop: await ask("disableApiStop"),
    instanceInitiatedShutdownBehavior: await ask("instanceInitiatedShutdownBehavior"),
    ...(given.userDataBase64 === undefined ? { userData: given.userData === encoded ? encoded : text } : { userDataBase64: encoded }),
  };
}

async function rootOf(found: Shape, given: Properties, { ec2 }: ResourceContext): Promise<Properties> {
  const mappings = found.BlockDeviceMappings as { DeviceName: string; Ebs: Shape }[];
  const root = mappings.find(({ DeviceName }) => DeviceName === found.RootDeviceName);
  const volume = root && (await findVolume(ec2, String(root.Ebs.VolumeId)));
  if (!volume) return {};
  const state = {
    volumeId: volume.VolumeId,
    deviceName: root!.DeviceName,
    deleteOnTermination: root!.Ebs.DeleteOnTermination,
    encrypted: volume.Encrypted,
    kmsKeyId: volume.KmsKeyId,
    volumeSize: volume.Size,
    volumeType: volume.VolumeType,
    iops: volume.Iops,
    throughput: volume.Throughput,
    tags: given.volumeTags === undefined ? tagsOf(volume, given.rootBlockDevice?.tags) : undefined,
  };
  return { rootBlockDevice: dropAbsent(state) };
}

/** AWS knows no difference between no tags and an empty list of them; a program does. */
function tagsOf({ Tags }: Shape, given: unknown): Record<string, string> | undefined {
  const tags = Object.fromEntries((Tags as { Key: string; Value: string }[]).map(({ Key, Value }) => [Key, Value]));
  return Object.keys(tags).length > 0 || given !== undefined ? tags : undefined;
}

export function instanceArn(id: string, { account }: ResourceContext): string {
  return arn(account, "ec2", `instance/${id}`);
}
