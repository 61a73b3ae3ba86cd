import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { renderUserData } from "../../host-config/actions-runner-pool/user-data";
import { type HostBundle, bundleKey } from "../shared/host-bundle";
import { throwIfAny } from "../shared/input-errors";
import type { Place } from "../shared/policy";
import { WarmPoolState } from "./args/capacity";
import { hostConfig } from "./host-config";
import type { HostRole } from "./host-role";
import type { InstanceFacts } from "./instance-facts";
import type { Network } from "./network";
import type { PoolSettings } from "./settings";
import { oversize } from "./validation/user-data";

export interface LaunchTemplateParts {
  facts: pulumi.Output<InstanceFacts>;
  place: pulumi.Output<Place>;
  tags: pulumi.Output<Record<string, string>>;
  network: Network;
  hostRole: HostRole;
  bundle: HostBundle;
  bundleSha256: string;
}

/** How an instance is made. A new version of it is what makes the group refresh its instances. */
export function createLaunchTemplate(name: string, settings: PoolSettings, parts: LaunchTemplateParts, parent: pulumi.Resource) {
  const { facts, tags } = parts;
  return new aws.ec2.LaunchTemplate(
    name,
    {
      description: `Runners of ${settings.poolName}`,
      updateDefaultVersion: true,
      imageId: facts.imageId,
      instanceType: settings.instanceType,
      userData: userData(settings, parts),
      iamInstanceProfile: { arn: parts.hostRole.profile.arn },
      vpcSecurityGroupIds: parts.network.securityGroupIds,
      blockDeviceMappings: [
        {
          deviceName: facts.rootDeviceName,
          ebs: {
            volumeType: "gp3",
            volumeSize: settings.rootVolumeSize,
            encrypted: "true",
            kmsKeyId: settings.rootVolumeKmsKeyId,
            deleteOnTermination: "true",
          },
        },
      ],
      // One hop: a container on a bridge network is one too far, so it has no way to the role's credentials.
      metadataOptions: { httpEndpoint: "enabled", httpTokens: "required", httpPutResponseHopLimit: 1 },
      hibernationOptions: settings.warmPool?.state === WarmPoolState.Hibernated ? { configured: true } : undefined,
      // The group hands its tags to the instances, but not to what is attached to them.
      tagSpecifications: [
        { resourceType: "volume", tags },
        { resourceType: "network-interface", tags },
      ],
      tags,
    },
    { parent },
  );
}

/** Base64, as EC2 wants it; the limit counts the text before that. */
function userData(settings: PoolSettings, { facts, place, bundle, bundleSha256 }: LaunchTemplateParts): pulumi.Output<string> {
  return pulumi.all([facts, place, bundle.bucket.bucket]).apply(([{ architecture }, { region }, bucket]) => {
    const config = hostConfig(settings, region, architecture);
    const text = renderUserData(config, { bucket, key: bundleKey(bundleSha256), sha256: bundleSha256 });
    throwIfAny(oversize(text, settings));
    return Buffer.from(text).toString("base64");
  });
}
