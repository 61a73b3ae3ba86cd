import type { AwsStandIn } from "../aws";
import { GITHUB_HOSTS } from "../github/github-options";
import type { ProxyRequirement } from "./scenario";

export interface MachineNames {
  /** Names that machines resolve to the rehearsal. */
  reached: string[];
  /** Those that machines resolve, too, but whose address never answers. */
  unreachable: string[];
}

/**
 * A hosts file has no wildcards, so buckets are listed one by one. Those for which a stack has a proxy are not reached without it: what
 * works has gone by the proxy. As in a private subnet their names resolve, so that a connection hangs where a bound is missing.
 */
export function hostnames(aws: AwsStandIn, region: string, githubHost: string | undefined, proxy?: ProxyRequirement): MachineNames {
  const domain = `${region}.amazonaws.com`;
  const ofGitHub = [...GITHUB_HOSTS, ...(githubHost === undefined ? [] : [githubHost])];
  const ofAws = [
    ...["autoscaling", "secretsmanager", "ssm", "monitoring", "logs", "s3", "sts", "dynamodb"].map((service) => `${service}.${domain}`),
    ...aws.store.list("aws:s3/bucket:Bucket").map(({ state }) => `${state.bucket}.s3.${domain}`),
  ];
  const byProxy = [...(proxy?.aws ? ofAws : []), ...(proxy ? ofGitHub : [])];
  return { reached: [...ofAws, ...ofGitHub].filter((name) => !byProxy.includes(name)), unreachable: byProxy };
}
