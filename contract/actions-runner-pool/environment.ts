/** Environment variables that the component sets on the functions and the functions read. Absent means: not configured. */
export const ENV = {
  pool: "POOL_NAME",
  /** Base of the REST API, without a trailing slash: `https://api.github.com` or `https://HOST/api/v3`. */
  githubApiUrl: "GITHUB_API_URL",
  githubOrganization: "GITHUB_ORGANIZATION",
  /** `owner/name`. Exactly one of organization and repository is set. */
  githubRepository: "GITHUB_REPOSITORY",
  githubAppId: "GITHUB_APP_ID",
  githubInstallationId: "GITHUB_APP_INSTALLATION_ID",
  githubPrivateKeySecretArn: "GITHUB_APP_PRIVATE_KEY_SECRET_ARN",
  githubTokenSecretArn: "GITHUB_TOKEN_SECRET_ARN",
  /** Unique id (AROA...) of the instance role, for the owner tag of registration secrets. */
  hostRoleId: "HOST_ROLE_ID",
  /** Longest drain in seconds; the sweep reports actions that are older. */
  maxDrainSeconds: "MAX_DRAIN_SECONDS",
} as const;
