import type * as pulumi from "@pulumi/pulumi";
import type { GithubAppArgs } from "../../shared/github-app-args";

/** Where the machine registers and with which credentials: exactly one of `organization` and `repository`, and exactly one of `app` and `tokenSecretArn`. */
export interface PersistentRunnerGithubArgs {
  /** Organization whose repositories share the machine. Excludes `repository`. Default: none; one of both is required. */
  organization?: string;

  /** Repository whose jobs the machine runs, as `owner/name`. Excludes `organization`. Default: none; one of both is required. */
  repository?: string;

  /**
   * GitHub App with the permission "Self-hosted runners: write" of the organization, or "Administration: write" of the repository. Only the
   * functions have its key, no repository. Excludes `tokenSecretArn`.
   */
  app?: GithubAppArgs;

  /**
   * ARN of the Secrets Manager secret that holds, as plain text, a token with permission to administer runners. Excludes `app`. Default:
   * none; one of both is required.
   */
  tokenSecretArn?: pulumi.Input<string>;

  /**
   * ARN of the KMS key that encrypts the secret; the functions are then allowed to decrypt with it, through Secrets Manager only. Limits:
   * the ARN of a key, not of an alias. Default: the AWS managed key `aws/secretsmanager`.
   */
  secretKmsKeyArn?: pulumi.Input<string>;

  /**
   * Base URL of the REST API: `https://api.github.com`, `https://HOST/api/v3` (Enterprise Server) or `https://api.NAME.ghe.com` (data
   * residency). The URL at which the machine registers, and the issuer of the workflows' tokens, derive from it. Default:
   * `https://api.github.com`.
   */
  apiUrl?: string;

  /**
   * Certificates of private authorities, as PEM text, that the functions and the machine trust besides the public ones: for an Enterprise
   * Server, or a proxy that inspects TLS. Limits: at least one certificate, no private key. Default: only the public authorities.
   */
  caCertificates?: string;
}
