import type * as pulumi from "@pulumi/pulumi";
import type { GithubAppArgs } from "../../shared/github-app-args";

/** Whose jobs are recorded, and the App that reads them: exactly one of `organization` and `repository`. */
export interface WorkflowJobsGithubArgs {
  /** Organization whose jobs are recorded. Excludes `repository`. Default: none; one of both is required. */
  organization?: string;

  /** Repository whose jobs are recorded, as `owner/name`. Excludes `organization`. Default: none; one of both is required. */
  repository?: string;

  /**
   * GitHub App with the permission "Actions: read", for an organization also its "Self-hosted runners: read", and the event "Workflow
   * job". With the webhook's scope `organization` it needs "Webhooks: write" of the organization as well, with `repository` that of
   * repositories; for `rerunLostJobs` "Actions: write". A token cannot take its place: only an App has a webhook, and a rate limit that
   * grows with the number of repositories.
   */
  app: GithubAppArgs;

  /**
   * ARN of the KMS key that encrypts the App's secret; the functions are then allowed to decrypt with it, through Secrets Manager
   * only. Limits: the ARN of a key, not of an alias. Default: the AWS managed key `aws/secretsmanager`.
   */
  secretKmsKeyArn?: pulumi.Input<string>;

  /**
   * Base URL of the REST API: `https://api.github.com`, `https://HOST/api/v3` (Enterprise Server) or `https://api.NAME.ghe.com` (data
   * residency). Default: `https://api.github.com`.
   */
  apiUrl?: string;

  /**
   * Certificates of private authorities, as PEM text, that the functions trust besides the public ones: for an Enterprise Server, or a
   * proxy that inspects TLS. Limits: at least one certificate, no private key. Default: only the public authorities.
   */
  caCertificates?: string;
}
