import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { partitionOf } from "../../contract/aws/partitions";
import type { AwsEnvironment } from "./aws-environment";
import { trust } from "./policy";

export interface HostRole {
  role: aws.iam.Role;
  profile: aws.iam.InstanceProfile;
  /** Resources that must exist before an instance boots. */
  ready: pulumi.Resource[];
}

export interface HostRoleParts {
  settings: { permissionsBoundaryArn?: pulumi.Input<string>; extraPolicyArns: readonly pulumi.Input<string>[] };
  environment: pulumi.Output<AwsEnvironment>;
  /** What the component's hosts may do, as a document. */
  policy: pulumi.Output<object>;
  tags: pulumi.Output<Record<string, string>>;
}

/** The role and profile of a component's hosts. */
export function createHostRole(name: string, parts: HostRoleParts, opts: pulumi.CustomResourceOptions): HostRole {
  const { settings, environment, tags } = parts;
  const assumeRolePolicy = environment.apply(({ region }) => JSON.stringify(trust(partitionOf(region).ec2Principal)));
  const role = new aws.iam.Role(`${name}-host`, { assumeRolePolicy, permissionsBoundary: settings.permissionsBoundaryArn, tags }, opts);
  const policy = parts.policy.apply((document) => JSON.stringify(document));
  const own = new aws.iam.RolePolicy(`${name}-host`, { role: role.name, policy }, opts);
  const extra = settings.extraPolicyArns.map(
    (policyArn, index) => new aws.iam.RolePolicyAttachment(`${name}-host-${index}`, { role: role.name, policyArn }, opts),
  );
  const profile = new aws.iam.InstanceProfile(`${name}-host`, { role: role.name, tags }, opts);
  return { role, profile, ready: [own, ...extra] };
}
