import type * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { HostBundle } from "./host-bundle";
import type { SetupScript } from "./setup-script";

export interface SetupScriptParts {
  script: SetupScript | undefined;
  /** Whose bucket holds it, too. */
  bundle: HostBundle;
  /** The customer's key that encrypts it; without one, S3's own. */
  kmsKeyArn?: pulumi.Input<string>;
}

/** The setup script, beside the host bundle; none without a script. */
export function createSetupScript(_name: string, _parts: SetupScriptParts, _opts: pulumi.CustomResourceOptions): aws.s3.BucketObjectv2[] {
  return [];
}
