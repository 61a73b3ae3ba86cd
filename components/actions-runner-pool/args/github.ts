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

/** The official runner: either pinned by `version` and `sha256`, or already on the image. */
export interface RunnerArgs {
  /** Release to install, e.g. `2.337.0`. GitHub stops queueing jobs to releases that lag for more than 30 days. */
  version?: string;

  /** SHA-256 of the release's archive for the instance's architecture, 64 hex digits, from the release notes. */
  sha256?: string;

  /** Where to fetch the archive instead of GitHub's release page; `https` only. */
  archiveUrl?: string;

  /** The runner lies unpacked in `/opt/actions-runner` on the image. Excludes the others. Default: false. */
  onImage?: boolean;

  /** Unprivileged user that jobs run as; created if the image lacks it. Default: `runner`. */
  user?: string;

  /** Your own job-started hook on the image, run after the pool's; absolute path. Its failure fails the job. */
  jobStartedHook?: string;

  /** Your own job-completed hook on the image, run after the pool's; absolute path. Its failure fails the job. */
  jobCompletedHook?: string;
}
