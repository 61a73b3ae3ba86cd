import { arn, storedType, newId, type ResourceType } from "../resource-type";
import type { Properties } from "../values";

/** A resource inside a VPC: an id with a prefix, an ARN, and its other outputs. */
function part(
  kind: { prefix: string; resource: string },
  inputs: readonly string[],
  replaceOn: readonly string[],
  { required, outputs = () => ({}) }: { required?: readonly string[]; outputs?(id: string, given: Properties): Properties } = {},
): ResourceType {
  return storedType({
    inputs,
    required,
    replaceOn,
    id: () => newId(kind.prefix),
    outputs: (id, given, { account }) => ({
      arn: arn(account, "ec2", `${kind.resource}/${id}`),
      ownerId: account.accountId,
      ...outputs(id, given),
    }),
  });
}

const vpc = storedType({
  inputs: [
    "assignGeneratedIpv6CidrBlock",
    "cidrBlock",
    "enableDnsHostnames",
    "enableDnsSupport",
    "enableNetworkAddressUsageMetrics",
    "instanceTenancy",
    "tags",
  ],
  replaceOn: ["cidrBlock"],
  id: () => newId("vpc"),
  once: () => ({
    mainRouteTableId: newId("rtb"),
    defaultRouteTableId: newId("rtb"),
    defaultSecurityGroupId: newId("sg"),
    defaultNetworkAclId: newId("acl"),
    dhcpOptionsId: newId("dopt"),
  }),
  outputs: (id, given, { account }) => ({
    arn: arn(account, "ec2", `vpc/${id}`),
    ownerId: account.accountId,
    enableDnsSupport: given.enableDnsSupport ?? true,
    enableDnsHostnames: given.enableDnsHostnames ?? false,
    instanceTenancy: given.instanceTenancy ?? "default",
  }),
});

const routeTable = part({ prefix: "rtb", resource: "route-table" }, ["routes", "tags", "vpcId"], ["vpcId"], { required: ["vpcId"] });

export const VPC_TYPES: Record<string, ResourceType> = {
  "aws:ec2/vpc:Vpc": vpc,
  "aws:ec2/subnet:Subnet": part(
    { prefix: "subnet", resource: "subnet" },
    ["assignIpv6AddressOnCreation", "availabilityZone", "cidrBlock", "mapPublicIpOnLaunch", "tags", "vpcId"],
    ["availabilityZone", "cidrBlock", "vpcId"],
    { required: ["vpcId"], outputs: (_id, given) => ({ mapPublicIpOnLaunch: given.mapPublicIpOnLaunch ?? false }) },
  ),
  "aws:ec2/internetGateway:InternetGateway": part({ prefix: "igw", resource: "internet-gateway" }, ["tags", "vpcId"], []),
  "aws:ec2/eip:Eip": storedType({
    inputs: ["domain", "tags"],
    replaceOn: ["domain"],
    id: () => newId("eipalloc"),
    /** An address of the range that RFC 5737 reserves for documentation. */
    once: () => ({ publicIp: `203.0.113.${1 + Math.floor(Math.random() * 254)}` }),
    outputs: (id, _given, { account }) => ({ arn: arn(account, "ec2", `elastic-ip/${id}`), allocationId: id }),
  }),
  "aws:ec2/natGateway:NatGateway": part(
    { prefix: "nat", resource: "natgateway" },
    ["allocationId", "connectivityType", "subnetId", "tags"],
    ["allocationId", "connectivityType", "subnetId"],
    { outputs: (_id, given) => ({ connectivityType: given.connectivityType ?? "public" }) },
  ),
  "aws:ec2/routeTable:RouteTable": routeTable,
  "aws:ec2/routeTableAssociation:RouteTableAssociation": storedType({
    inputs: ["gatewayId", "routeTableId", "subnetId"],
    required: ["routeTableId"],
    replaceOn: ["gatewayId", "subnetId"],
    id: () => newId("rtbassoc"),
  }),
  "aws:ec2/route:Route": storedType({
    inputs: ["destinationCidrBlock", "destinationIpv6CidrBlock", "gatewayId", "natGatewayId", "routeTableId"],
    required: ["routeTableId"],
    replaceOn: ["routeTableId", "destinationCidrBlock", "destinationIpv6CidrBlock"],
    id: (given) => `r-${given.routeTableId}${hash(given.destinationCidrBlock ?? given.destinationIpv6CidrBlock ?? "")}`,
    outputs: () => ({ state: "active", origin: "CreateRoute" }),
  }),
};

/** The real id ends in a checksum of the destination; any stable number will do. */
function hash(value: string): number {
  return [...value].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) >>> 0, 7);
}
