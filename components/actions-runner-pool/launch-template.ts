import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { bundleKey } from "../../contract/shared/host-bundle";
import { renderUserData } from "../../host-config/actions-runner-pool/user-data";
import type { AwsEnvironment } from "../shared/aws-environment";
import { certificatesOf } from "../shared/certificates";
import type { HostBundle } from "../shared/host-bundle";
import { throwIfAny } from "../shared/input-errors";
import { WarmPoolState } from "./args/capacity";
import { hostConfig } from "./host-config";
import type { HostRole } from "./host-role";
import type { InstanceFacts } from "./instance-facts";
import type { Network } from "./network";
import type { PoolSettings } from "./settings";
import { oversize } from "./validation/user-data";

export interface LaunchTemplateParts {
  settings: PoolSettings;
  facts: pulumi.Output<InstanceFacts>;
  environment: pulumi.Output<AwsEnvironment>;
  tags: pulumi.Output<Record<string, string>>;
  network: Network;
  hostRole: HostRole;
  bundle: HostBundle;
}

/** The instances' launch template. A new version of it makes the group refresh its instances. */
export function createLaunchTemplate(name: string, parts: LaunchTemplateParts, opts: pulumi.CustomResourceOptions): aws.ec2.LaunchTemplate {
  const { settings, facts, tags } = parts;
  return new aws.ec2.LaunchTemplate(
    name,
    {
      description: `Runners of ${settings.poolName}`,
      updateDefaultVersion: true,
      imageId: facts.imageId,
      instanceType: settings.instanceType,
      userData: userData(parts),
      iamInstanceProfile: { arn: parts.hostRole.profile.arn },
      vpcSecurityGroupIds: parts.network.securityGroupIds,
      blockDeviceMappings: [
        {
          deviceName: facts.rootDeviceName,
          ebs: {
            volumeType: "gp3",
            volumeSize: facts.rootVolumeSize,
            encrypted: "true",
            kmsKeyId: settings.rootVolumeKmsKeyId ?? settings.kmsKeyArn,
            deleteOnTermination: "true",
          },
        },
      ],
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

/** Base64, as EC2 requires; the size limit applies to the text before encoding. */
function userData({ settings, facts, environment, bundle }: LaunchTemplateParts): pulumi.Output<string> {
  return pulumi.all([facts, environment, bundle.bucket.bucket]).apply(([{ architecture }, { region }, bucket]) => {
    const config = hostConfig(settings, region, architecture);
    const { caCertificates = "" } = settings.github;
    const location = { bucket, key: bundleKey(bundle.sha256), sha256: bundle.sha256 };
    const text = renderUserData(config, location, certificatesOf(caCertificates));
    throwIfAny(oversize(text, settings));
    return Buffer.from(text).toString("base64");
  });
}
