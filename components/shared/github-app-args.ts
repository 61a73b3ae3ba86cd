import type * as pulumi from "@pulumi/pulumi";

/**
 * A GitHub App. A pool needs its permission "Self-hosted runners" (organization) or "Administration" (repository); what knows the
 * queue needs "Actions: read" and the event "Workflow job".
 */
export interface GithubAppArgs {
  /** App ID or client ID. */
  id: pulumi.Input<string>;

  /** Installation ID. Default: looked up by the organization or repository. */
  installationId?: pulumi.Input<string>;

  /** ARN of the Secrets Manager secret that holds the App's private key, as PEM text. */
  privateKeySecretArn: pulumi.Input<string>;
}
