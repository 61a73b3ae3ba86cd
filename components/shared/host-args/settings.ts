import type * as pulumi from "@pulumi/pulumi";
import type { PreparedState } from "../../../contract/aws/lifecycle";
import type { SetupScript } from "../setup-script";
import type { WithDefaults } from "../with-defaults";
import type { HostArgs } from ".";
import type { HOST_DEFAULTS, HOST_DEFAULTS_IF_GIVEN } from "./defaults";

type IfGiven = typeof HOST_DEFAULTS_IF_GIVEN;

/** The arguments with every default applied. */
type ResolvedArgs = WithDefaults<Omit<HostArgs, keyof IfGiven>, typeof HOST_DEFAULTS> & {
  [K in keyof IfGiven]?: WithDefaults<NonNullable<HostArgs[K]>, IfGiven[K]>;
};

/** What else of a component's settings decides about its hosts. */
interface ComponentSettings {
  /** What `setupScript` gives: undefined without it, and where it cannot be read. */
  script?: SetupScript;
  github: { caCertificates?: string };
  /** Seconds. */
  launchTimeout: number;
  kmsKeyArn?: pulumi.Input<string>;
  /** For which the functions' logs are kept. */
  logRetentionDays: number;
  /** GiB. */
  rootVolumeSize?: number;
  rootVolumeKmsKeyId?: pulumi.Input<string>;
  warmPool?: { state: PreparedState };
  jobsMayUseInstanceRole: boolean;
  jobsMayBecomeRoot: boolean;
}

export type HostSettings = ResolvedArgs & ComponentSettings;
