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

/** Arguments that determine the number of resources; the real component takes them as plain values, too. */
const PLAIN = ["cidrBlock", "availabilityZoneNames", "numberOfAvailabilityZones", "natGateways", "subnetSpecs", "subnetStrategy"];

type NatStrategy = "None" | "Single" | "OnePerAz";
type Tags = pulumi.Input<Record<string, string> | undefined>;

/** A VPC as awsx creates it: subnets of each type in each zone with a route table each, an internet gateway, NAT gateways. */
export async function constructVpc(
  name: string,
  inputs: pulumi.Inputs,
  options: pulumi.ComponentResourceOptions,
): Promise<ConstructResult> {
  refuseUnknown(name, inputs);
  const args = await plainInputs(inputs, PLAIN);
  const component = new Vpc(name, options);
  const zones = await zoneNames(name, args, { parent: component });
  const layout = subnetLayout(args.cidrBlock ?? DEFAULT_CIDR, zones.length, args.subnetSpecs, args.subnetStrategy);
  const specs = layout[0]!.map(({ spec }) => spec);
  const strategy = natStrategy(args.natGateways?.strategy, specs);
  if (strategy !== "None" && !specs.some(({ type }) => type === "Public")) {
    throw new Error(`awsx:ec2:Vpc ${name}: NAT gateways need a public subnet; add one to subnetSpecs`);
  }
  const children = new VpcChildren(name, inputs, { args, component, strategy });
  zones.forEach((zone, index) => children.addZone(zone, index, layout[index]!));
  const state = {
    ...children.outputs(),
    subnetLayout: layout[0]!.map(({ spec, cidrBlock }) => ({ ...spec, cidrMask: Number(cidrBlock.split("/")[1]) })),
  };
  return { urn: component.finish(state), state };
}

interface VpcPlan {
  args: Record<string, any>;
  component: pulumi.ComponentResource;
  strategy: NatStrategy;
}

/** The resources of one VPC, created zone by zone. */
class VpcChildren {
  private readonly vpc: aws.ec2.Vpc;
  private readonly internetGateway: aws.ec2.InternetGateway;
  private readonly subnets: { type: SubnetType; subnet: aws.ec2.Subnet }[] = [];
  private readonly eips: aws.ec2.Eip[] = [];
  private readonly natGateways: aws.ec2.NatGateway[] = [];
  private readonly routeTables: aws.ec2.RouteTable[] = [];
  private readonly routeTableAssociations: aws.ec2.RouteTableAssociation[] = [];
  private readonly routes: aws.ec2.Route[] = [];

  constructor(
    private readonly name: string,
    private readonly inputs: pulumi.Inputs,
    private readonly plan: VpcPlan,
  ) {
    const { enableDnsHostnames, enableDnsSupport, instanceTenancy } = inputs;
    const cidrBlock: string = plan.args.cidrBlock ?? DEFAULT_CIDR;
    this.vpc = new aws.ec2.Vpc(
      name,
      { cidrBlock, enableDnsHostnames, enableDnsSupport, instanceTenancy, tags: this.tags(name) },
      { parent: plan.component },
    );
    this.internetGateway = new aws.ec2.InternetGateway(name, { vpcId: this.vpc.id, tags: this.tags(name) }, { parent: this.vpc });
  }

  /** Public subnets first: the zone's NAT gateway is in one of them, and private routes point to it. */
  addZone(availabilityZone: string, index: number, planned: readonly { spec: SubnetSpec; cidrBlock: string }[]): void {
    const publicFirst = [...planned].sort((a, b) => Number(b.spec.type === "Public") - Number(a.spec.type === "Public"));
    for (const { spec, cidrBlock } of publicFirst) {
      const own = `${this.name}-${(spec.name ?? spec.type).toLowerCase()}-${index + 1}`;
      const tags = this.tags(own, spec.tags);
      const mapPublicIpOnLaunch = spec.type === "Public";
      const subnet = new aws.ec2.Subnet(
        own,
        { vpcId: this.vpc.id, availabilityZone, cidrBlock, mapPublicIpOnLaunch, tags },
        { parent: this.vpc },
      );
      this.subnets.push({ type: spec.type, subnet });
      const routeTable = new aws.ec2.RouteTable(own, { vpcId: this.vpc.id, tags }, { parent: subnet });
      this.routeTables.push(routeTable);
      this.routeTableAssociations.push(
        new aws.ec2.RouteTableAssociation(own, { routeTableId: routeTable.id, subnetId: subnet.id }, { parent: routeTable }),
      );
      if (spec.type === "Public" && this.needsNatGateway(index)) this.addNatGateway(`${this.name}-${index + 1}`, subnet, index);
      this.addDefaultRoute(own, spec.type, routeTable);
    }
  }

  outputs(): Record<string, unknown> {
    const ofType = (type: SubnetType) => this.subnets.filter((one) => one.type === type).map((one) => one.subnet);
    const ids = (subnets: aws.ec2.Subnet[]) => subnets.map((subnet) => subnet.id);
    const { vpc, internetGateway, eips, natGateways, routeTables, routeTableAssociations, routes } = this;
    return {
      ...{ vpc, vpcId: vpc.id, internetGateway, eips, natGateways, routeTables, routeTableAssociations, routes, vpcEndpoints: [] },
      subnets: this.subnets.map((one) => one.subnet),
      publicSubnets: ofType("Public"),
      publicSubnetIds: ids(ofType("Public")),
      privateSubnets: ofType("Private"),
      privateSubnetIds: ids(ofType("Private")),
      isolatedSubnets: ofType("Isolated"),
      isolatedSubnetIds: ids(ofType("Isolated")),
    };
  }

  private needsNatGateway(zone: number): boolean {
    const { strategy } = this.plan;
    if (strategy === "OnePerAz") return this.natGateways.length === zone;
    return strategy === "Single" && zone === 0 && this.natGateways.length === 0;
  }

  private addNatGateway(own: string, subnet: aws.ec2.Subnet, index: number): void {
    const given: pulumi.Input<string> | undefined = this.plan.args.natGateways?.elasticIpAllocationIds?.[index];
    const tags = this.tags(own);
    const eip = given === undefined ? new aws.ec2.Eip(own, { domain: "vpc", tags }, { parent: subnet }) : undefined;
    if (eip) this.eips.push(eip);
    this.natGateways.push(
      new aws.ec2.NatGateway(
        own,
        { subnetId: subnet.id, allocationId: given ?? eip!.allocationId, tags },
        { parent: subnet, dependsOn: [this.internetGateway] },
      ),
    );
  }

  /** Isolated subnets have none. */
  private addDefaultRoute(own: string, type: SubnetType, routeTable: aws.ec2.RouteTable): void {
    const natGateway = this.natGateways.at(-1);
    if (type === "Isolated" || (type === "Private" && !natGateway)) return;
    const target = type === "Public" ? { gatewayId: this.internetGateway.id } : { natGatewayId: natGateway!.id };
    this.routes.push(
      new aws.ec2.Route(own, { routeTableId: routeTable.id, destinationCidrBlock: "0.0.0.0/0", ...target }, { parent: routeTable }),
    );
  }

  private tags(own: string, extra?: Tags): pulumi.Output<Record<string, string>> {
    return pulumi.all([this.inputs.tags as Tags, extra]).apply(([all, more]): Record<string, string> => ({ ...all, ...more, Name: own }));
  }
}

function refuseUnknown(name: string, inputs: pulumi.Inputs): void {
  const unknown = Object.keys(inputs).find((key) => !KNOWN.includes(key));
  if (unknown === undefined) return;
  throw new Error(
    `awsx:ec2:Vpc ${name}: ${unknown} is not supported by the rehearsal; implement it in rehearsal/provider/plugin/awsx-vpc.ts`,
  );
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

function natStrategy(given: string | undefined, specs: SubnetSpec[]): NatStrategy {
  if (given !== undefined) return given as NatStrategy;
  const types = specs.map(({ type }) => type);
  return types.includes("Public") && types.includes("Private") ? "OnePerAz" : "None";
}
