import * as pulumi from "@pulumi/pulumi";
import type { AwsEnvironment } from "../shared/aws-environment";
import { createHostRole, type HostRole } from "../shared/host-role";
import { hostPolicy } from "./policies/machine";
import type { PersistentRunnerSettings } from "./settings";

interface OwnRoleParts {
  settings: PersistentRunnerSettings;
  environment: pulumi.Output<AwsEnvironment>;
  /** ARN of the bucket that holds the host bundle. */
  bucketArn: pulumi.Output<string>;
  tags: pulumi.Output<Record<string, string>>;
}

/** The machine's role and profile. */
export function createOwnRole(name: string, { bucketArn, ...parts }: OwnRoleParts, opts: pulumi.CustomResourceOptions): HostRole {
  const { settings, environment } = parts;
  const policy = pulumi
    .all([environment, bucketArn, pulumi.output(settings.kmsKeyArn)])
    .apply(([known, bucket, kmsKeyArn]): object => hostPolicy({ environment: known, settings, bucketArn: bucket, kmsKeyArn }));
  return createHostRole(name, { ...parts, policy }, opts);
}
