import * as pulumi from "@pulumi/pulumi";
import { bundleKey } from "../../contract/shared/host-bundle";
import { renderUserData } from "../../host-config/actions-runner-pool/user-data";
import type { AwsEnvironment } from "../shared/aws-environment";
import { hostAuthorities } from "../shared/host-authorities";
import type { HostBundle } from "../shared/host-bundle";
import { throwIfAny } from "../shared/input-errors";
import { hostConfig } from "./host-config";
import type { InstanceFacts } from "./instance-facts";
import type { PoolSettings } from "./settings";
import { oversize, partsOf } from "./validation/user-data";

export interface LaunchUserDataParts {
  settings: PoolSettings;
  facts: pulumi.Output<InstanceFacts>;
  environment: pulumi.Output<AwsEnvironment>;
  bundle: HostBundle;
}

/** Base64, as EC2 requires; the size limit applies to the text before encoding. */
export function launchUserData({ settings, facts, environment, bundle }: LaunchUserDataParts): pulumi.Output<string> {
  return pulumi.all([facts, environment, bundle.bucket.bucket]).apply(([known, { region }, bucket]) => {
    const config = hostConfig(settings, region, known.architecture, known);
    const location = { bucket, key: bundleKey(bundle.sha256), sha256: bundle.sha256 };
    const text = renderUserData(config, location, hostAuthorities(settings));
    throwIfAny(oversize(text, partsOf(settings)));
    return Buffer.from(text).toString("base64");
  });
}
