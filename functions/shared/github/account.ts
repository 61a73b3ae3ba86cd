/** Where runners are registered. */
export type GitHubScope = { organization: string } | { owner: string; repository: string };

/** Where the credentials lie; the values themselves are names of secrets, never secrets. */
export type GitHubCredentialSource =
  | { tokenSecret: string }
  | {
      appId: string;
      privateKeySecret: string;
      /** Looked up from the scope when absent. */
      installationId?: number;
    };

export interface GitHubAccount {
  /** Base of the REST API without a trailing slash: `https://api.github.com` or `https://HOST/api/v3`. */
  apiUrl: string;
  scope: GitHubScope;
  credentials: GitHubCredentialSource;
}

/** The scope's part of a REST path, already encoded. */
export function scopePath(scope: GitHubScope): string {
  return "organization" in scope
    ? `/orgs/${encodeURIComponent(scope.organization)}`
    : `/repos/${encodeURIComponent(scope.owner)}/${encodeURIComponent(scope.repository)}`;
}
