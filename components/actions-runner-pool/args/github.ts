import type * as pulumi from "@pulumi/pulumi";

/** Where runners register and with whose authority: exactly one scope, exactly one of `app` and `tokenSecretArn`. */
export interface GithubArgs {
  /** Organization whose jobs the pool serves. Excludes `repository`. */
  organization?: string;

  /** Repository whose jobs the pool serves, as `owner/name`. Excludes `organization`. */
  repository?: string;

  /** GitHub App that may administer self-hosted runners. Excludes `tokenSecretArn`. */
  app?: GithubAppArgs;

  /** Secret that holds a token with the right to administer runners, as plain text. Excludes `app`. */
  tokenSecretArn?: pulumi.Input<string>;

  /** KMS key of the secret, if it is not the account's own Secrets Manager key: the functions may then use it. */
  secretKmsKeyArn?: pulumi.Input<string>;

  /**
   * Base of the REST API: `https://api.github.com`, `https://HOST/api/v3` (Enterprise Server) or
   * `https://api.NAME.ghe.com` (data residency). The address that runners register at follows from it.
   * Default: `https://api.github.com`.
   */
  apiUrl?: string;
}

/** A GitHub App. It needs the permission "Self-hosted runners" (organization) or "Administration" (repository). */
export interface GithubAppArgs {
  /** App id or client id. */
  id: pulumi.Input<string>;

  /** Installation to act for. Default: looked up by the scope. */
  installationId?: pulumi.Input<string>;

  /** Secret that holds the App's private key, as PEM text. */
  privateKeySecretArn: pulumi.Input<string>;
}
