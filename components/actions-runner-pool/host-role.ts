import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { type Place, trust } from "../shared/policy";
import { hostPolicy } from "./policies/instance";
import type { PoolSettings } from "./settings";

export interface HostRole {
  role: aws.iam.Role;
  profile: aws.iam.InstanceProfile;
  /** What has to be there before the first instance boots. */
  ready: pulumi.Resource[];
}

/** The instances' role and profile. */
export function createHostRole(
  name: string,
  settings: PoolSettings,
  place: pulumi.Output<Place>,
  bucketArn: pulumi.Output<string>,
  tags: pulumi.Output<Record<string, string>>,
  parent: pulumi.Resource,
): HostRole {
  const assumeRolePolicy = JSON.stringify(trust("ec2.amazonaws.com"));
  const role = new aws.iam.Role(
    `${name}-host`,
    { assumeRolePolicy, permissionsBoundary: settings.permissionsBoundaryArn, tags },
    { parent },
  );
  const own = new aws.iam.RolePolicy(
    `${name}-host`,
    {
      role: role.name,
      policy: pulumi.all([place, bucketArn]).apply(([where, bucket]) => JSON.stringify(hostPolicy(where, settings.names, bucket))),
    },
    { parent },
  );
  const extra = settings.extraPolicyArns.map(
    (policyArn, index) => new aws.iam.RolePolicyAttachment(`${name}-host-${index}`, { role: role.name, policyArn }, { parent }),
  );
  const profile = new aws.iam.InstanceProfile(`${name}-host`, { role: role.name, tags }, { parent });
  return { role, profile, ready: [own, ...extra] };
}
