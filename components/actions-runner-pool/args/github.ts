import type * as pulumi from "@pulumi/pulumi";
import type { GithubAppArgs } from "../../shared/github-app-args";

/**
 * Where the runners register and with which credentials: exactly one of `organization` and `repository`, and exactly one
 * of `app` and `tokenSecretArn`.
 */
export interface GithubArgs {
  /** Organization whose jobs the pool serves. Excludes `repository`. Default: none; one of both is required. */
  organization?: string;

  /**
   * Repository whose jobs the pool serves, as `owner/name`. Excludes `organization`. Default: none; one of both is
   * required.
   */
  repository?: string;

  /** GitHub App with permission to administer self-hosted runners. Excludes `tokenSecretArn`. */
  app?: GithubAppArgs;

  /**
   * ARN of the Secrets Manager secret that holds, as plain text, a token with permission to administer runners.
   * Excludes `app`. Default: none; one of both is required.
   */
  tokenSecretArn?: pulumi.Input<string>;

  /**
   * ARN of the KMS key that encrypts the secret; the functions are then allowed to decrypt with it, through Secrets Manager
   * only. Limits: the ARN of a key, not of an alias. Default: the AWS managed key `aws/secretsmanager`.
   */
  secretKmsKeyArn?: pulumi.Input<string>;

  /**
   * Base URL of the REST API: `https://api.github.com`, `https://HOST/api/v3` (Enterprise Server) or
   * `https://api.NAME.ghe.com` (data residency). The URL at which runners register derives from it.
   * Default: `https://api.github.com`.
   */
  apiUrl?: string;

  /**
   * Certificates of private authorities, as PEM text, that the functions and the instances trust besides the public ones:
   * for an Enterprise Server, or a proxy that inspects TLS. The instances add them to the system's store, and to that of the
   * Node.js of JavaScript actions. Limits: at least one certificate, no private key; the user data has room for about 8 KB.
   * Default: only the public authorities, and what is on the image.
   */
  caCertificates?: string;
}
