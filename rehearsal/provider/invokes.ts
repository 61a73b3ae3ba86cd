import { findImage, instanceTypes, type OwnImage, publicParameters, volumesOf } from "../aws/ec2/catalogue";
import { getInvocation, type InvocationContext } from "./invoke-function";
import { arn, type ProviderAccount } from "./resource-type";
import type { Json, Properties } from "./values";

/** What exists in the account before the program runs; the rehearsal adds what its options name. */
export interface AccountFacts {
  /** SSM parameters by name. */
  parameters: Record<string, string>;
  /** Subnets by id. Any other well-formed id counts as a subnet of the default VPC. */
  subnets: Record<string, { vpcId: string; availabilityZone: string; cidrBlock?: string; tags?: Record<string, string> }>;
  /** Images by id, for a stack with a custom image. */
  images: Record<string, OwnImage>;
  /** Names of secrets in Secrets Manager. */
  secrets: string[];
}

interface InvokeContext extends InvocationContext {
  facts: Partial<AccountFacts>;
  /** The provider's own setting. */
  defaultTags: Record<string, string>;
}

type Invoke = (args: Properties, context: InvokeContext) => Properties | Promise<Properties>;

const DEFAULT_VPC = "vpc-0d0e0f00d0e0f00d0";
const ZONES = ["a", "b", "c"];

function zones({ region }: ProviderAccount): string[] {
  return ZONES.map((letter) => region + letter);
}

function regionalEndpoint(region: string, { partition }: ProviderAccount): string {
  return `ec2.${region}.${dnsSuffix(partition)}`;
}

/** As botocore's partitions.json has them; GovCloud shares that of the commercial partition. */
const DNS_SUFFIXES: Record<string, string> = {
  "aws-cn": "amazonaws.com.cn",
  "aws-eusc": "amazonaws.eu",
  "aws-iso": "c2s.ic.gov",
  "aws-iso-b": "sc2s.sgov.gov",
};

function dnsSuffix(partition: string): string {
  return DNS_SUFFIXES[partition] ?? "amazonaws.com";
}

const getRegion: Invoke = (args, { account }) => {
  const region = args.region ?? args.name ?? account.region;
  return { id: region, name: region, region, description: region, endpoint: regionalEndpoint(region, account) };
};

const getCallerIdentity: Invoke = (_args, { account }) => ({
  id: account.accountId,
  accountId: account.accountId,
  arn: arn(account, "iam", "user/operator", { regional: false }),
  userId: "AIDAOPERATOR0000000000",
});

const getPartition: Invoke = (_args, { account }) => ({
  id: account.partition,
  partition: account.partition,
  dnsSuffix: dnsSuffix(account.partition),
  reverseDnsPrefix: dnsSuffix(account.partition).split(".").reverse().join("."),
});

const getDefaultTags: Invoke = (_args, { account, defaultTags }) => ({ id: account.partition, tags: defaultTags });

const getAvailabilityZones: Invoke = (_args, { account }) => ({
  id: account.region,
  region: account.region,
  names: zones(account),
  zoneIds: zones(account).map((_zone, index) => `${account.region.replace(/[^a-z0-9]/g, "").slice(0, 4)}-az${index + 1}`),
  groupNames: [account.region],
});

const getParameter: Invoke = (args, { account, store, facts }) => {
  const deployed = store.get("aws:ssm/parameter:Parameter", args.name)?.state.value;
  const value = facts.parameters?.[args.name] ?? publicParameters.get(args.name) ?? deployed;
  if (value === undefined) {
    throw new Error(`reading SSM Parameter (${args.name}): couldn't find resource: ParameterNotFound`);
  }
  return {
    id: args.name,
    name: args.name,
    region: account.region,
    type: "String",
    value,
    insecureValue: value,
    version: 1,
    withDecryption: args.withDecryption ?? true,
    arn: arn(account, "ssm", `parameter/${String(args.name).replace(/^\//, "")}`),
  };
};

const getInstanceType: Invoke = (args, { account }) => {
  const type = instanceTypes.get(args.instanceType);
  if (!type) {
    throw new Error(
      `reading EC2 Instance Type (${args.instanceType}): operation error EC2: DescribeInstanceTypes, https response error StatusCode: 400, ` +
        `api error InvalidInstanceType: The following supplied instance types do not exist: [${args.instanceType}]`,
    );
  }
  return {
    id: type.name,
    instanceType: type.name,
    region: account.region,
    supportedArchitectures: [type.architecture],
    memorySize: type.memoryMib,
    defaultVcpus: type.vcpus,
    hibernationSupported: type.hibernation,
    instanceStorageSupported: type.disks !== undefined,
    instanceDisks: type.disks === undefined ? [] : [{ ...type.disks, type: "ssd" }],
    totalInstanceStorage: (type.disks?.count ?? 0) * (type.disks?.size ?? 0),
    supportedUsagesClasses: ["on-demand", "spot"],
    supportedRootDeviceTypes: ["ebs"],
    supportedVirtualizationTypes: ["hvm"],
    bootModes: type.architecture === "arm64" ? ["uefi"] : ["legacy-bios", "uefi"],
    burstablePerformanceSupported: /^t\d/.test(type.name),
    currentGeneration: true,
    bareMetal: false,
    hypervisor: "nitro",
    enaSupport: "required",
  };
};

const getAmi: Invoke = (args, { account, facts }) => {
  const filters: { name: string; values: string[] }[] = args.filters ?? [];
  const wanted = filters.find(({ name }) => name === "image-id")?.values ?? (args.imageId ? [args.imageId] : []);
  const other = filters.filter(({ name }) => !["image-id", "state", "architecture", "name"].includes(name));
  if (wanted.length === 0 || other.length > 0) {
    throw new Error(`getAmi: the rehearsal supports only the image-id filter, got ${filters.map(({ name }) => name).join(", ") || "none"}`);
  }
  for (const id of wanted) {
    const image = findImage(id, facts.images, account.accountId);
    if (!image) continue;
    return {
      id: image.id,
      imageId: image.id,
      name: image.name,
      ownerId: image.owner,
      architecture: image.architecture,
      rootDeviceName: image.rootDeviceName,
      rootDeviceType: "ebs",
      virtualizationType: "hvm",
      enaSupport: true,
      bootMode: image.architecture === "arm64" ? "uefi" : "uefi-preferred",
      platform: "",
      platformDetails: "Linux/UNIX",
      state: "available",
      region: account.region,
      arn: arn(account, "ec2", `image/${image.id}`, { account: false }),
      // The provider returns the members of `ebs` as text, with the names of its own schema.
      blockDeviceMappings: volumesOf(image).map(({ deviceName, sizeGib, snapshotId }) => ({
        deviceName,
        ebs: { volume_size: String(sizeGib), snapshot_id: snapshotId, delete_on_termination: "true" },
        noDevice: "",
        virtualName: "",
      })),
      tags: {},
    };
  }
  throw new Error("Your query returned no results. Please change your search criteria and try again.");
};

function subnet(id: string, { account, store, facts }: InvokeContext): Json {
  const deployed = store.get("aws:ec2/subnet:Subnet", id)?.state;
  if (deployed) return deployed;
  const known = facts.subnets?.[id];
  if (known) return known;
  if (!/^subnet-([0-9a-f]{8}|[0-9a-f]{17})$/.test(id))
    throw new Error(`reading EC2 Subnet: InvalidSubnetID.NotFound: The subnet ID '${id}' does not exist`);
  const zone = zones(account)[parseInt(id.slice(-1), 16) % ZONES.length];
  return { vpcId: DEFAULT_VPC, availabilityZone: zone, cidrBlock: `172.31.${16 * (parseInt(id.slice(-1), 16) % ZONES.length)}.0/20` };
}

const getSubnet: Invoke = (args, context) => {
  const found = subnet(args.id ?? args.subnetId, context);
  return {
    id: args.id,
    region: context.account.region,
    arn: arn(context.account, "ec2", `subnet/${args.id}`),
    state: "available",
    mapPublicIpOnLaunch: false,
    ...found,
  };
};

const getSubnets: Invoke = (args, context) => {
  const filters: { name: string; values: string[] }[] = args.filters ?? [];
  const other = filters.find(({ name }) => name !== "vpc-id" && !name.startsWith("tag:"));
  if (other) throw new Error(`getSubnets: the rehearsal supports only the filters vpc-id and tag:KEY, got ${other.name}`);
  const deployed = context.store.list("aws:ec2/subnet:Subnet").map(({ id, state }) => [id, state] as const);
  const known: (readonly [string, Json])[] = [...deployed, ...Object.entries(context.facts.subnets ?? {})];
  const passes = (state: Json) =>
    filters.every(({ name, values }) => values.includes(name === "vpc-id" ? state.vpcId : state.tags?.[name.slice("tag:".length)]));
  return {
    id: context.account.region,
    region: context.account.region,
    ids: known.filter(([, state]) => passes(state)).map(([id]) => id),
  };
};

const getSecret: Invoke = (args, { account, facts }) => {
  const name =
    args.name ??
    String(args.arn ?? "")
      .split(":secret:")[1]
      ?.replace(/-[A-Za-z0-9]{6}$/, "");
  if (!facts.secrets?.includes(name)) throw new Error(`reading Secrets Manager Secret (${args.arn ?? args.name}): couldn't find resource`);
  const secretArn = args.arn ?? arn(account, "secretsmanager", `secret:${name}-AbCdEf`);
  return { id: secretArn, arn: secretArn, name, region: account.region, tags: {}, description: "", kmsKeyId: "", policy: "" };
};

/** Every function that the rehearsal's provider supports, by Pulumi token. */
export const INVOKES: Readonly<Record<string, Invoke>> = {
  "aws:index/getRegion:getRegion": getRegion,
  "aws:index/getCallerIdentity:getCallerIdentity": getCallerIdentity,
  "aws:index/getPartition:getPartition": getPartition,
  "aws:index/getDefaultTags:getDefaultTags": getDefaultTags,
  "aws:index/getAvailabilityZones:getAvailabilityZones": getAvailabilityZones,
  "aws:ssm/getParameter:getParameter": getParameter,
  "aws:ec2/getInstanceType:getInstanceType": getInstanceType,
  "aws:ec2/getAmi:getAmi": getAmi,
  "aws:ec2/getSubnet:getSubnet": getSubnet,
  "aws:ec2/getSubnets:getSubnets": getSubnets,
  "aws:lambda/getInvocation:getInvocation": getInvocation,
  "aws:secretsmanager/getSecret:getSecret": getSecret,
};
