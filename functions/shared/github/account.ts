/** Where runners are registered. */
export type GitHubScope = { organization: string } | { owner: string; repository: string };

/** Where the credentials are stored. The values are names or ARNs of secrets, never the secrets themselves. */
export type GitHubCredentialSource =
  | { tokenSecret: string }
  | {
      appId: string;
      privateKeySecret: string;
      /** If absent, looked up by the scope. */
      installationId?: number;
    };

export interface GitHubAccount {
  /** Base of the REST API without a trailing slash: `https://api.github.com` or `https://HOST/api/v3`. */
  apiUrl: string;
  scope: GitHubScope;
  credentials: GitHubCredentialSource;
}

/** The scope as the start of a REST path, encoded. */
export function scopePath(scope: GitHubScope): string {
  return "organization" in scope
    ? `/orgs/${encodeURIComponent(scope.organization)}`
    : `/repos/${encodeURIComponent(scope.owner)}/${encodeURIComponent(scope.repository)}`;
}
