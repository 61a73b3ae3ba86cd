import * as pulumi from "@pulumi/pulumi";
import type { AwsEnvironment } from "../shared/aws-environment";
import { createHostRole, type HostRole } from "../shared/host-role";
import { hostPolicy } from "./policies/instance";
import type { PoolSettings } from "./settings";

interface OwnRoleParts {
  settings: PoolSettings;
  environment: pulumi.Output<AwsEnvironment>;
  /** ARN of the bucket that holds the host bundle. */
  bucketArn: pulumi.Output<string>;
  tags: pulumi.Output<Record<string, string>>;
}

/** The instances' role and profile. */
export function createOwnRole(name: string, { bucketArn, ...parts }: OwnRoleParts, opts: pulumi.CustomResourceOptions): HostRole {
  const { settings, environment } = parts;
  const policy = pulumi
    .all([environment, bucketArn, pulumi.output(settings.kmsKeyArn)])
    .apply(([known, bucket, kmsKeyArn]): object => hostPolicy(known, settings.names, bucket, kmsKeyArn, settings.hostLogs !== undefined));
  return createHostRole(name, { ...parts, policy }, opts);
}
