import type { AwsStandIn } from "../aws";
import { GITHUB_HOSTS } from "../github/github-options";
import type { ProxyRequirement } from "./scenario";

/**
 * Names that machines resolve to the rehearsal. A hosts file has no wildcards, so buckets are listed one by one. Those for which a stack
 * has a proxy do not resolve: what works has gone by the proxy.
 */
export function hostnames(aws: AwsStandIn, region: string, githubHost: string | undefined, proxy?: ProxyRequirement): string[] {
  const domain = `${region}.amazonaws.com`;
  const ofGitHub = [...GITHUB_HOSTS, ...(githubHost === undefined ? [] : [githubHost])];
  const ofAws = [
    ...["autoscaling", "secretsmanager", "ssm", "monitoring", "logs", "s3", "sts"].map((service) => `${service}.${domain}`),
    ...aws.store.list("aws:s3/bucket:Bucket").map(({ state }) => `${state.bucket}.s3.${domain}`),
  ];
  return [...(proxy?.aws ? [] : ofAws), ...(proxy ? [] : ofGitHub)];
}
