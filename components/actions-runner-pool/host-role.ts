import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { partitionOf } from "../../contract/aws/partitions";
import type { AwsEnvironment } from "../shared/aws-environment";
import { trust } from "../shared/policy";
import { hostPolicy } from "./policies/instance";
import type { PoolSettings } from "./settings";

export interface HostRole {
  role: aws.iam.Role;
  profile: aws.iam.InstanceProfile;
  /** Resources that must exist before the first instance boots. */
  ready: pulumi.Resource[];
}

export interface HostRoleParts {
  settings: PoolSettings;
  environment: pulumi.Output<AwsEnvironment>;
  /** ARN of the bucket that holds the host bundle. */
  bucketArn: pulumi.Output<string>;
  tags: pulumi.Output<Record<string, string>>;
}

/** The instances' role and profile. */
export function createHostRole(name: string, parts: HostRoleParts, opts: pulumi.CustomResourceOptions): HostRole {
  const { settings, environment, bucketArn, tags } = parts;
  const assumeRolePolicy = environment.apply(({ region }) => JSON.stringify(trust(partitionOf(region).ec2Principal)));
  const role = new aws.iam.Role(`${name}-host`, { assumeRolePolicy, permissionsBoundary: settings.permissionsBoundaryArn, tags }, opts);
  const policy = pulumi
    .all([environment, bucketArn, pulumi.output(settings.kmsKeyArn)])
    .apply(([awsEnvironment, bucket, key]) =>
      JSON.stringify(hostPolicy(awsEnvironment, settings.names, bucket, key, settings.hostLogs !== undefined)),
    );
  const own = new aws.iam.RolePolicy(`${name}-host`, { role: role.name, policy }, opts);
  const extra = settings.extraPolicyArns.map(
    (policyArn, index) => new aws.iam.RolePolicyAttachment(`${name}-host-${index}`, { role: role.name, policyArn }, opts),
  );
  const profile = new aws.iam.InstanceProfile(`${name}-host`, { role: role.name, tags }, opts);
  return { role, profile, ready: [own, ...extra] };
}
