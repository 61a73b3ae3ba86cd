/**
 * Issuer of the tokens that GitHub Actions signs for the jobs of a server's workflows, derived from the URL of the REST API. It is the
 * `iss` of each token and, without `https://`, what IAM's condition keys begin with: `token.actions.githubusercontent.com:sub`.
 * Undefined for any other URL.
 *
 * @param enterprise slug of an enterprise that has chosen an issuer of its own ("include_enterprise_slug"); not on an Enterprise Server
 */
export function workflowTokenIssuer(apiUrl: string, enterprise?: string): string | undefined {
  if (!URL.canParse(apiUrl)) return undefined;
  const { protocol, host, pathname, search, hash, username } = new URL(apiUrl);
  const path = pathname.replace(/\/+$/, "");
  if (protocol !== "https:" || search || hash || username) return undefined;
  if (path === "/api/v3") return enterprise === undefined ? `https://${host}/_services/token` : undefined;
  if (path !== "") return undefined;
  const below = enterprise === undefined ? "" : `/${enterprise}`;
  if (host === "api.github.com") return `https://token.actions.githubusercontent.com${below}`;
  // With data residency, each enterprise has a domain of its own.
  const resident = /^api\.([a-z0-9-]+)\.ghe\.com$/.exec(host)?.[1];
  return resident === undefined ? undefined : `https://token.actions.${resident}.ghe.com${below}`;
}

/** Audience of the tokens that a job makes for AWS, which the provider lists as its client and the role's trust asks for: in each partition. */
export const STS_AUDIENCE = "sts.amazonaws.com";

/** Variables that a job has whose permissions include `id-token: write`, and by which alone it obtains tokens. */
export const TOKEN_REQUEST_ENV = {
  /** Ends with a query, to which `&audience=` is appended. */
  url: "ACTIONS_ID_TOKEN_REQUEST_URL",
  /** Bearer token of the request. */
  token: "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
} as const;
