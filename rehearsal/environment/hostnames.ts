import type { AwsStandIn } from "../aws";
import { GITHUB_HOSTS } from "../github/github-options";

/** Names that machines resolve to the rehearsal. A hosts file has no wildcards, so buckets are listed one by one. */
export function hostnames(aws: AwsStandIn, region: string, githubHost: string | undefined): string[] {
  const domain = `${region}.amazonaws.com`;
  return [
    ...["autoscaling", "secretsmanager", "ssm", "monitoring", "logs", "s3", "sts"].map((service) => `${service}.${domain}`),
    ...aws.store.list("aws:s3/bucket:Bucket").map(({ state }) => `${state.bucket}.s3.${domain}`),
    ...GITHUB_HOSTS,
    ...(githubHost === undefined ? [] : [githubHost]),
  ];
}
