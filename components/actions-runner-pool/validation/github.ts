import { githubWebUrl } from "../../shared/github-address";
import { type Violation, violation } from "../../shared/input-errors";
import type { PoolSettings } from "../settings";

/** Narrower than GitHub's own rules: `config.sh` splits the list at commas, and the shell at spaces. */
const LABEL = /^[^\s,"'`$\\]{1,256}$/;
const LABEL_LIMIT = 100;
const OWNER = /^[A-Za-z0-9][A-Za-z0-9_-]*$/;
const REPOSITORY = /^[A-Za-z0-9][A-Za-z0-9_-]*\/[A-Za-z0-9._-]+$/;
const SECRET_ARN = /^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:.+$/;

export function githubViolations(settings: PoolSettings): Violation[] {
  return [
    ...scopeViolations(settings),
    ...authorityViolations(settings),
    ...labelViolations(settings),
    ...(githubWebUrl(settings.github.apiUrl) === undefined
      ? [
          violation(
            "github.apiUrl",
            settings.github.apiUrl,
            "not the address of a GitHub REST API",
            "Use https://api.github.com, https://HOST/api/v3 or https://api.NAME.ghe.com",
          ),
        ]
      : []),
  ];
}

function scopeViolations({ github, runnerGroup }: PoolSettings): Violation[] {
  const { organization, repository } = github;
  const both = { organization, repository };
  if (organization !== undefined && repository !== undefined) {
    return [violation("github", both, "organization and repository exclude each other", "Keep one of them")];
  }
  if (organization === undefined && repository === undefined) {
    return [violation("github", both, "neither organization nor repository is given", "Set one of them")];
  }
  const found: Violation[] = [];
  if (organization !== undefined && !OWNER.test(organization)) {
    found.push(
      violation("github.organization", organization, "not the name of an organization", "Use only the name, as in github.com/NAME"),
    );
  }
  if (repository !== undefined && !REPOSITORY.test(repository)) {
    found.push(violation("github.repository", repository, "not the name of a repository", "Write it as owner/name"));
  }
  if (repository !== undefined && runnerGroup !== undefined) {
    found.push(violation("runnerGroup", runnerGroup, "only organizations have runner groups", "Remove it or use github.organization"));
  }
  return found;
}

function authorityViolations({ github }: PoolSettings): Violation[] {
  const { app, tokenSecretArn } = github;
  if (app !== undefined && tokenSecretArn !== undefined) {
    return [violation("github", ["app", "tokenSecretArn"], "app and tokenSecretArn exclude each other", "Keep one of them")];
  }
  if (app === undefined && tokenSecretArn === undefined) {
    return [violation("github", {}, "neither app nor tokenSecretArn is given, so runners cannot be registered", "Set one of them")];
  }
  return [
    ...secretViolations("github.app.privateKeySecretArn", app?.privateKeySecretArn),
    ...secretViolations("github.tokenSecretArn", tokenSecretArn),
    ...installationViolations(app?.installationId),
  ];
}

/** An ARN that is still an unresolved output cannot be checked; IAM would reject a wrong one. */
function secretViolations(field: string, arn: unknown): Violation[] {
  if (typeof arn !== "string" || SECRET_ARN.test(arn)) return [];
  return [violation(field, arn, "not the ARN of a Secrets Manager secret", "Store the value in a secret and set its ARN here")];
}

function installationViolations(id: unknown): Violation[] {
  if (typeof id !== "string" || /^[1-9][0-9]*$/.test(id)) return [];
  return [violation("github.app.installationId", id, "not an installation ID", "Use the number, or omit it to have it looked up")];
}

function labelViolations({ labels, noDefaultLabels }: PoolSettings): Violation[] {
  const found = labels
    .filter((label) => !LABEL.test(label))
    .map((label) => violation("labels", label, "a label has 1 to 256 characters and no space, comma, quote, $ or \\", "Rename it"));
  if (labels.length > LABEL_LIMIT) {
    found.push(violation("labels", labels.length, `GitHub allows at most ${LABEL_LIMIT}`, "Remove some"));
  }
  if (noDefaultLabels && labels.length === 0) {
    found.push(violation("noDefaultLabels", true, "a runner without any label would receive no job", "Set at least one label in labels"));
  }
  return found;
}
