import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { nonEmpty } from "../shared/given-ids";
import { vpcOf } from "../shared/subnet";
import type { PersistentRunnerSettings } from "./settings";

export interface SecurityGroupParts {
  settings: PersistentRunnerSettings;
  tags: pulumi.Output<Record<string, string>>;
}

const HTTPS = 443;
const HTTP = 80;

/** The given security groups, or a new one. Its rules are all that it has: EC2's default rule, which lets everything out, is not among them. */
export function createSecurityGroups(
  name: string,
  { settings, tags }: SecurityGroupParts,
  opts: pulumi.CustomResourceOptions,
): pulumi.Output<string[]> {
  if (settings.securityGroupIds !== undefined) return nonEmpty("securityGroupIds", settings.securityGroupIds);
  const group = new aws.ec2.SecurityGroup(
    name,
    {
      description: `${settings.persistentRunnerName}: out to the web, in from nowhere`,
      vpcId: settings.vpcId ?? vpcOf(settings.subnetId, opts),
      ingress: [],
      egress: outboundPorts(settings).map((port) => ({
        protocol: "tcp",
        fromPort: port,
        toPort: port,
        cidrBlocks: ["0.0.0.0/0"],
        ipv6CidrBlocks: ["::/0"],
      })),
      tags,
    },
    opts,
  );
  return pulumi.output([group.id]);
}

/** Security groups do not apply to the VPC's own name server, clock and metadata. */
function outboundPorts({ allowHttp, github, httpProxy, httpsProxy }: PersistentRunnerSettings): number[] {
  const addresses = [github.apiUrl, httpProxy, httpsProxy].filter((address): address is string => address !== undefined);
  const ports = addresses.map((address) => Number(new URL(address).port)).filter((port) => port > 0);
  return [...new Set([HTTPS, ...(allowHttp ? [HTTP] : []), ...ports])].sort((a, b) => a - b);
}
