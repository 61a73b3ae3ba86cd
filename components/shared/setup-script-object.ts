import type * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { setupKey } from "../../contract/shared/host-bundle";
import type { HostBundle } from "./host-bundle";
import type { SetupScript } from "./setup-script";
import { createStoredObject } from "./stored-object";

export interface SetupScriptParts {
  script: SetupScript | undefined;
  /** Whose bucket holds it, too. */
  bundle: HostBundle;
  /** The customer's key that encrypts it; without one, S3's own. */
  kmsKeyArn?: pulumi.Input<string>;
}

/** The setup script, beside the host bundle; none without a script. */
export function createSetupScript(name: string, parts: SetupScriptParts, opts: pulumi.CustomResourceOptions): aws.s3.BucketObjectv2[] {
  const { script, bundle, kmsKeyArn } = parts;
  if (script === undefined) return [];
  const stored = { bucket: bundle.bucket.bucket, key: setupKey(script.sha256), contentType: "text/plain; charset=utf-8" };
  return [
    createStoredObject(`${name}-setup-script`, { ...stored, content: script.text, kmsKeyArn }, { ...opts, dependsOn: bundle.safeguards }),
  ];
}
