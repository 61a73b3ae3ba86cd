import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { nonEmpty } from "../shared/given-ids";
import { vpcOf } from "../shared/subnet";
import type { PoolSettings } from "./settings";

export interface Network {
  subnetIds: pulumi.Output<string[]>;
  securityGroupIds: pulumi.Output<string[]>;
}

/** Where the functions run; undefined: in no VPC. */
export type FunctionNetwork = Network | undefined;

export interface NetworkParts {
  settings: PoolSettings;
  tags: pulumi.Output<Record<string, string>>;
}

/** The given security groups, or a new one: runners connect to GitHub and AWS, and accept no connections. */
export function createNetwork(name: string, parts: NetworkParts, opts: pulumi.CustomResourceOptions): Network {
  const { settings, tags } = parts;
  const subnetIds = nonEmpty("subnetIds", settings.subnetIds);
  if (settings.securityGroupIds !== undefined) {
    return { subnetIds, securityGroupIds: nonEmpty("securityGroupIds", settings.securityGroupIds) };
  }
  const securityGroup = new aws.ec2.SecurityGroup(
    name,
    {
      description: `Runners of ${settings.poolName}: out to anywhere, in from nowhere`,
      vpcId:
        settings.vpcId ??
        vpcOf(
          subnetIds.apply(([first]) => first!),
          opts,
        ),
      ingress: [],
      egress: [{ protocol: "-1", fromPort: 0, toPort: 0, cidrBlocks: ["0.0.0.0/0"], ipv6CidrBlocks: ["::/0"] }],
      tags,
    },
    opts,
  );
  return { subnetIds, securityGroupIds: pulumi.output([securityGroup.id]) };
}

/** By default with the instances' security groups: they let everything out and nothing in, as a function needs. */
export function functionNetwork({ functions }: PoolSettings, { securityGroupIds }: Network): FunctionNetwork {
  if (functions?.subnetIds === undefined) return undefined;
  const own = functions.securityGroupIds;
  return {
    subnetIds: nonEmpty("functions.subnetIds", functions.subnetIds),
    securityGroupIds: own === undefined ? securityGroupIds : nonEmpty("functions.securityGroupIds", own),
  };
}
