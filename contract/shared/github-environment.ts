/** Where Lambda unpacks a function's archive. */
const TASK_ROOT = "/var/task";
/** File of a function's archive with the private authorities that it trusts besides the public ones, as PEM text. */
export const AUTHORITIES_FILE = "authorities.pem";
/** Node.js reads the file that this variable names as it starts; Lambda passes the variable on. */
export const TRUST_AUTHORITIES = { NODE_EXTRA_CA_CERTS: `${TASK_ROOT}/${AUTHORITIES_FILE}` } as const;

/** Environment variables with GitHub's address and credentials for a function. An absent variable is not configured. */
export const GITHUB_ENV = {
  /** Base of the REST API, without a trailing slash: `https://api.github.com` or `https://HOST/api/v3`. */
  githubApiUrl: "GITHUB_API_URL",
  githubOrganization: "GITHUB_ORGANIZATION",
  /** `owner/name`. Exactly one of organization and repository is set. */
  githubRepository: "GITHUB_REPOSITORY",
  githubAppId: "GITHUB_APP_ID",
  githubInstallationId: "GITHUB_APP_INSTALLATION_ID",
  githubPrivateKeySecretArn: "GITHUB_APP_PRIVATE_KEY_SECRET_ARN",
  githubTokenSecretArn: "GITHUB_TOKEN_SECRET_ARN",
} as const;
