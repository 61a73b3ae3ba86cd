import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { ConstructResult } from "@pulumi/pulumi/provider";
import { subnetLayout, type SubnetSpec, type SubnetType } from "./subnet-layout";

/** Arguments of awsx's Vpc that the rehearsal supports; any other is refused rather than silently ignored. */
const KNOWN = [
  "availabilityZoneNames",
  "cidrBlock",
  "enableDnsHostnames",
  "enableDnsSupport",
  "instanceTenancy",
  "natGateways",
  "numberOfAvailabilityZones",
  "subnetSpecs",
  "subnetStrategy",
  "tags",
];

const DEFAULT_CIDR = "10.0.0.0/16";
const DEFAULT_ZONES = 3;

type Tags = pulumi.Input<Record<string, string> | undefined>;

/** A VPC as awsx creates it: subnets of each type in each zone with a route table each, an internet gateway, NAT gateways. */
export async function constructVpc(
  name: string,
  inputs: pulumi.Inputs,
  options: pulumi.ComponentResourceOptions,
): Promise<ConstructResult> {
  for (const key of Object.keys(inputs)) {
    if (!KNOWN.includes(key))
      throw new Error(
        `awsx:ec2:Vpc ${name}: ${key} is not supported by the rehearsal; implement it in rehearsal/provider/plugin/awsx-vpc.ts`,
      );
  }
  const args = await plainInputs(inputs, [
    "cidrBlock",
    "availabilityZoneNames",
    "numberOfAvailabilityZones",
    "natGateways",
    "subnetSpecs",
    "subnetStrategy",
  ]);
  const component = new Vpc(name, options);
  const child = { parent: component };
  const zones = await zoneNames(name, args, child);
  const cidr: string = args.cidrBlock ?? DEFAULT_CIDR;
  const tagged = (own: string, extra?: Tags): pulumi.Output<Record<string, string>> =>
    pulumi.all([inputs.tags as Tags, extra]).apply(([all, more]): Record<string, string> => ({ ...all, ...more, Name: own }));

  const vpc = new aws.ec2.Vpc(
    name,
    {
      cidrBlock: cidr,
      enableDnsHostnames: inputs.enableDnsHostnames,
      enableDnsSupport: inputs.enableDnsSupport,
      instanceTenancy: inputs.instanceTenancy,
      tags: tagged(name),
    },
    child,
  );
  const inVpc = { parent: vpc };
  const layout = subnetLayout(cidr, zones.length, args.subnetSpecs, args.subnetStrategy);
  const hasPublic = layout[0]!.some(({ spec }) => spec.type === "Public");
  const internetGateway = new aws.ec2.InternetGateway(name, { vpcId: vpc.id, tags: tagged(name) }, inVpc);
  const made: Made = { subnets: [], eips: [], natGateways: [], routeTables: [], routeTableAssociations: [], routes: [] };
  const strategy = natStrategy(
    args.natGateways?.strategy,
    layout[0]!.map(({ spec }) => spec),
  );
  if (strategy !== "None" && !hasPublic) throw new Error(`awsx:ec2:Vpc ${name}: NAT gateways need a public subnet; add one to subnetSpecs`);

  // Public subnets first in each zone: the zone's NAT gateway is in one of them, and private routes point to it.
  zones.forEach((zone, index) => {
    const inZone = [...layout[index]!].sort((a, b) => Number(b.spec.type === "Public") - Number(a.spec.type === "Public"));
    for (const { spec, cidrBlock } of inZone) {
      const own = `${name}-${(spec.name ?? spec.type).toLowerCase()}-${index + 1}`;
      const subnet = new aws.ec2.Subnet(
        own,
        { vpcId: vpc.id, availabilityZone: zone, cidrBlock, mapPublicIpOnLaunch: spec.type === "Public", tags: tagged(own, spec.tags) },
        inVpc,
      );
      made.subnets.push({ type: spec.type, subnet });
      const routeTable = new aws.ec2.RouteTable(own, { vpcId: vpc.id, tags: tagged(own, spec.tags) }, { parent: subnet });
      made.routeTables.push(routeTable);
      made.routeTableAssociations.push(
        new aws.ec2.RouteTableAssociation(own, { routeTableId: routeTable.id, subnetId: subnet.id }, { parent: routeTable }),
      );
      const everywhere = { routeTableId: routeTable.id, destinationCidrBlock: "0.0.0.0/0" };
      if (spec.type === "Public") {
        made.routes.push(new aws.ec2.Route(own, { ...everywhere, gatewayId: internetGateway.id }, { parent: routeTable }));
        const first = made.natGateways.length === (strategy === "OnePerAz" ? index : 0);
        if (first && strategy !== "None" && (strategy === "OnePerAz" || index === 0)) addNatGateway(`${name}-${index + 1}`, subnet, index);
      } else if (spec.type === "Private" && made.natGateways.length > 0) {
        made.routes.push(
          new aws.ec2.Route(
            own,
            { ...everywhere, natGatewayId: made.natGateways[made.natGateways.length - 1]!.id },
            { parent: routeTable },
          ),
        );
      }
    }
  });

  function addNatGateway(own: string, subnet: aws.ec2.Subnet, index: number): void {
    const given: pulumi.Input<string> | undefined = args.natGateways?.elasticIpAllocationIds?.[index];
    const eip = given === undefined ? new aws.ec2.Eip(own, { domain: "vpc", tags: tagged(own) }, { parent: subnet }) : undefined;
    if (eip) made.eips.push(eip);
    made.natGateways.push(
      new aws.ec2.NatGateway(
        own,
        { subnetId: subnet.id, allocationId: given ?? eip!.allocationId, tags: tagged(own) },
        { parent: subnet, dependsOn: [internetGateway] },
      ),
    );
  }

  const ofType = (type: SubnetType) => made.subnets.filter((one) => one.type === type).map((one) => one.subnet);
  const ids = (subnets: aws.ec2.Subnet[]) => subnets.map((subnet) => subnet.id);
  const { subnets: all, ...others } = made;
  const state = {
    ...others,
    vpc,
    vpcId: vpc.id,
    internetGateway,
    subnets: all.map((one) => one.subnet),
    publicSubnets: ofType("Public"),
    publicSubnetIds: ids(ofType("Public")),
    privateSubnets: ofType("Private"),
    privateSubnetIds: ids(ofType("Private")),
    isolatedSubnets: ofType("Isolated"),
    isolatedSubnetIds: ids(ofType("Isolated")),
    vpcEndpoints: [],
    subnetLayout: layout[0]!.map(({ spec, cidrBlock }) => ({ ...spec, cidrMask: Number(cidrBlock.split("/")[1]) })),
  };
  return { urn: component.finish(state), state };
}

class Vpc extends pulumi.ComponentResource {
  constructor(name: string, options: pulumi.ComponentResourceOptions) {
    super("awsx:ec2:Vpc", name, {}, options);
  }

  finish(outputs: pulumi.Inputs): pulumi.Output<string> {
    this.registerOutputs(outputs);
    return this.urn;
  }
}

interface Made {
  subnets: { type: SubnetType; subnet: aws.ec2.Subnet }[];
  eips: aws.ec2.Eip[];
  natGateways: aws.ec2.NatGateway[];
  routeTables: aws.ec2.RouteTable[];
  routeTableAssociations: aws.ec2.RouteTableAssociation[];
  routes: aws.ec2.Route[];
}

/** The real component takes these as plain values, because they determine the number of resources. */
async function plainInputs(inputs: pulumi.Inputs, names: string[]): Promise<Record<string, any>> {
  const plain: Record<string, any> = {};
  for (const name of names) {
    if (inputs[name] !== undefined) plain[name] = await new Promise((resolve) => pulumi.output(inputs[name]).apply(resolve));
  }
  return plain;
}

async function zoneNames(name: string, args: Record<string, any>, options: pulumi.InvokeOptions): Promise<string[]> {
  if (args.availabilityZoneNames && args.numberOfAvailabilityZones) {
    throw new Error(`awsx:ec2:Vpc ${name}: Only one of [availabilityZoneNames] and [numberOfAvailabilityZones] can be specified`);
  }
  if (args.availabilityZoneNames) return args.availabilityZoneNames;
  const wanted: number = args.numberOfAvailabilityZones ?? DEFAULT_ZONES;
  const { names } = await aws.getAvailabilityZones({ state: "available" }, options);
  if (names.length < wanted)
    throw new Error(`awsx:ec2:Vpc ${name}: numberOfAvailabilityZones is ${wanted}, but the Region has ${names.length}`);
  return names.slice(0, wanted);
}

function natStrategy(given: string | undefined, specs: SubnetSpec[]): "None" | "Single" | "OnePerAz" {
  if (given !== undefined) return given as "None" | "Single" | "OnePerAz";
  const types = specs.map(({ type }) => type);
  return types.includes("Public") && types.includes("Private") ? "OnePerAz" : "None";
}
