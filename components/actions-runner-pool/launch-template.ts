import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { blockDeviceMappings, volumeTypesSuffix } from "../shared/block-devices";
import { WarmPoolState } from "./args/capacity";
import type { HostRole } from "../shared/host-role";
import { type LaunchUserDataParts, launchUserData } from "./launch-user-data";
import type { Network } from "./network";

export interface LaunchTemplateParts extends LaunchUserDataParts {
  tags: pulumi.Output<Record<string, string>>;
  network: Network;
  hostRole: HostRole;
}

/** The instances' launch template. A new version of it, or another template, makes the group refresh its instances. */
export function createLaunchTemplate(name: string, parts: LaunchTemplateParts, opts: pulumi.CustomResourceOptions): aws.ec2.LaunchTemplate {
  const { settings, facts, tags } = parts;
  return new aws.ec2.LaunchTemplate(
    name + volumeTypesSuffix(settings),
    {
      description: `Runners of ${settings.poolName}`,
      updateDefaultVersion: true,
      imageId: facts.imageId,
      instanceType: settings.instanceType,
      userData: launchUserData(parts),
      iamInstanceProfile: { arn: parts.hostRole.profile.arn },
      vpcSecurityGroupIds: parts.network.securityGroupIds,
      blockDeviceMappings: facts.apply((known) => blockDeviceMappings(settings, known)),
      // One hop: a container on a bridge network is one hop further, so it cannot reach the role's credentials.
      metadataOptions: { httpEndpoint: "enabled", httpTokens: "required", httpPutResponseHopLimit: 1 },
      hibernationOptions: settings.warmPool?.state === WarmPoolState.Hibernated ? { configured: true } : undefined,
      // The group propagates its tags to the instances, but not to the resources attached to them.
      tagSpecifications: [
        { resourceType: "volume", tags },
        { resourceType: "network-interface", tags },
      ],
      tags,
    },
    opts,
  );
}
