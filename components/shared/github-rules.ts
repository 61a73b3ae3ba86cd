import { githubWebUrl } from "./github-address";
import { type Violation, violation } from "./input-errors";
import { isPrivateHost } from "./private-host";

const OWNER = /^[A-Za-z0-9][A-Za-z0-9_-]*$/;
const REPOSITORY = /^[A-Za-z0-9][A-Za-z0-9_-]*\/[A-Za-z0-9._-]+$/;
const SECRET_ARN = /^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:.+$/;

/** Exactly one of both, and its form. */
export function accountViolations(account: { organization?: string; repository?: string }): Violation[] {
  const { organization, repository } = account;
  const both = { organization, repository };
  if (organization !== undefined && repository !== undefined) {
    return [violation("github", both, "organization and repository exclude each other", "Keep one of them")];
  }
  if (organization === undefined && repository === undefined) {
    return [violation("github", both, "neither organization nor repository is given", "Set one of them")];
  }
  if (organization !== undefined && !OWNER.test(organization)) {
    const remedy = "Use only the name, as in github.com/NAME";
    return [violation("github.organization", organization, "not the name of an organization", remedy)];
  }
  if (repository !== undefined && !REPOSITORY.test(repository)) {
    return [violation("github.repository", repository, "not the name of a repository", "Write it as owner/name")];
  }
  return [];
}

/** Where runners may be grouped. */
export function runnerGroupViolations(
  runnerGroup: unknown,
  { organization, repository }: { organization?: string; repository?: string },
): Violation[] {
  if (runnerGroup === undefined) return [];
  if (typeof runnerGroup !== "string" || runnerGroup.trim() === "") {
    return [violation("runnerGroup", runnerGroup, "not the name of a runner group", "Use the name as GitHub shows it, or omit it")];
  }
  if (repository === undefined || organization !== undefined) return [];
  return [violation("runnerGroup", runnerGroup, "only organizations have runner groups", "Remove it or use github.organization")];
}

/** An ARN that is still an unresolved output cannot be checked; IAM would reject a wrong one. */
export function secretArnViolations(field: string, arn: unknown): Violation[] {
  if (typeof arn !== "string" || SECRET_ARN.test(arn)) return [];
  return [violation(field, arn, "not the ARN of a Secrets Manager secret", "Store the value in a secret and set its ARN here")];
}

export function installationViolations(id: unknown): Violation[] {
  if (typeof id !== "string" || /^[1-9][0-9]*$/.test(id)) return [];
  return [violation("github.app.installationId", id, "not an installation ID", "Use the number, or omit it to have it looked up")];
}

interface Credentials {
  app?: { installationId?: unknown; privateKeySecretArn?: unknown };
  tokenSecretArn?: unknown;
}

/** Exactly one of App and token. */
export function credentialViolations({ app, tokenSecretArn }: Credentials): Violation[] {
  if (app !== undefined && tokenSecretArn !== undefined) {
    return [violation("github", ["app", "tokenSecretArn"], "app and tokenSecretArn exclude each other", "Keep one of them")];
  }
  if (app === undefined && tokenSecretArn === undefined) {
    return [violation("github", {}, "neither app nor tokenSecretArn is given, so runners cannot be registered", "Set one of them")];
  }
  return [
    ...secretArnViolations("github.app.privateKeySecretArn", app?.privateKeySecretArn),
    ...secretArnViolations("github.tokenSecretArn", tokenSecretArn),
    ...installationViolations(app?.installationId),
  ];
}

/** Narrower than GitHub's own rules: `config.sh` splits the list at commas, and the shell at spaces. */
const LABEL = /^[^\s,"'`$\\]{1,256}$/;
const LABEL_LIMIT = 100;

export function labelListViolations(labels: readonly string[]): Violation[] {
  const found = labels
    .filter((label) => !LABEL.test(label))
    .map((label) => violation("labels", label, "a label has 1 to 256 characters and no space, comma, quote, $ or \\", "Rename it"));
  if (labels.length > LABEL_LIMIT) {
    found.push(violation("labels", labels.length, `GitHub allows at most ${LABEL_LIMIT}`, "Remove some"));
  }
  return found;
}

export function apiUrlViolations(apiUrl: string): Violation[] {
  if (githubWebUrl(apiUrl) !== undefined) return [];
  const remedy = "Use https://api.github.com, https://HOST/api/v3 or https://api.NAME.ghe.com";
  return [violation("github.apiUrl", apiUrl, "not the address of a GitHub REST API", remedy)];
}

/**
 * @param inVpc whether the functions run in subnets of the user's
 * @param consequence what would fail
 */
export function reachViolations(apiUrl: string, inVpc: boolean, consequence: string): Violation[] {
  // Another value is reported as not the address of a GitHub REST API.
  if (inVpc || !URL.canParse(apiUrl) || !isPrivateHost(new URL(apiUrl).hostname)) return [];
  return [
    violation(
      "github.apiUrl",
      apiUrl,
      `the host is in a private network, which functions outside of a VPC cannot reach, so ${consequence}`,
      "Set functions.subnetIds to subnets from which it can be reached",
    ),
  ];
}
