import * as pulumi from "@pulumi/pulumi";
import { configurationKey } from "../../contract/shared/host-bundle";
import type { PinnedObject } from "../../contract/persistent-runner/order";
import type { AwsEnvironment } from "../shared/aws-environment";
import type { HostBundle } from "../shared/host-bundle";
import { sha256 } from "../shared/sha256";
import { createStoredObject } from "../shared/stored-object";
import { hostConfig } from "./host-config";
import type { MachineFacts } from "./machine-facts";
import type { PersistentRunnerSettings } from "./settings";

export interface ConfigurationParts {
  settings: PersistentRunnerSettings;
  facts: pulumi.Output<MachineFacts>;
  environment: pulumi.Output<AwsEnvironment>;
  /** Of the cache volume, if there is one. */
  volumeId: pulumi.Output<string> | undefined;
  /** Whose bucket holds it, too. */
  bundle: HostBundle;
}

export interface Configuration {
  pinned: pulumi.Output<PinnedObject>;
  object: pulumi.Resource;
}

/** The machine's configuration as an object of the bucket. */
export function createConfiguration(name: string, parts: ConfigurationParts, opts: pulumi.CustomResourceOptions): Configuration {
  const { settings, facts, environment, volumeId, bundle } = parts;
  const content = pulumi
    .all([facts, environment, pulumi.output(volumeId)])
    .apply(([{ architecture }, { region }, volume]) => JSON.stringify(hostConfig(settings, { region, architecture, volumeId: volume })));
  const key = content.apply((text) => configurationKey(sha256(text)));
  const object = createStoredObject(
    `${name}-configuration`,
    { bucket: bundle.bucket.bucket, key, content, contentType: "application/json", kmsKeyArn: settings.kmsKeyArn },
    { ...opts, dependsOn: bundle.safeguards },
  );
  const pinned = pulumi
    .all([bundle.bucket.bucket, key, content])
    .apply(([bucket, name, text]): PinnedObject => ({ bucket, key: name, sha256: sha256(text) }));
  return { pinned, object };
}
