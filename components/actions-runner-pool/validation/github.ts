import { githubWebUrl } from "../../shared/github-address";
import { type Violation, violation } from "../../shared/input-errors";
import type { PoolSettings } from "../settings";

/** GitHub's own rules for a label are wide; `config.sh` splits its list at commas and the shell at spaces. */
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
      violation("github.organization", organization, "not the name of an organization", "Give the name alone, as in github.com/NAME"),
    );
  }
  if (repository !== undefined && !REPOSITORY.test(repository)) {
    found.push(violation("github.repository", repository, "not a repository", "Give it as owner/name"));
  }
  if (repository !== undefined && runnerGroup !== undefined) {
    found.push(violation("runnerGroup", runnerGroup, "only organizations have runner groups", "Drop it or use github.organization"));
  }
  return found;
}

function authorityViolations({ github }: PoolSettings): Violation[] {
  const { app, tokenSecretArn } = github;
  if (app !== undefined && tokenSecretArn !== undefined) {
    return [violation("github", { app: "...", tokenSecretArn: "..." }, "app and tokenSecretArn exclude each other", "Keep one of them")];
  }
  if (app === undefined && tokenSecretArn === undefined) {
    return [violation("github", {}, "neither app nor tokenSecretArn is given, so nobody may register runners", "Set one of them")];
  }
  return [
    ...secretViolations("github.app.privateKeySecretArn", app?.privateKeySecretArn),
    ...secretViolations("github.tokenSecretArn", tokenSecretArn),
    ...installationViolations(app?.installationId),
  ];
}

/** An ARN that is not a plain text yet cannot be judged; IAM would refuse a wrong one. */
function secretViolations(field: string, arn: unknown): Violation[] {
  if (typeof arn !== "string" || SECRET_ARN.test(arn)) return [];
  return [violation(field, arn, "not the ARN of a Secrets Manager secret", "Store the value in a secret and give its ARN")];
}

function installationViolations(id: unknown): Violation[] {
  if (typeof id !== "string" || /^[1-9][0-9]*$/.test(id)) return [];
  return [violation("github.app.installationId", id, "not an installation's id", "Give the number, or drop it to have it looked up")];
}

function labelViolations({ labels, noDefaultLabels }: PoolSettings): Violation[] {
  const found = labels
    .filter((label) => !LABEL.test(label))
    .map((label) => violation("labels", label, "a label has 1 to 256 characters and no space, comma, quote, $ or \\", "Rename it"));
  if (labels.length > LABEL_LIMIT) {
    found.push(violation("labels", labels.length, `GitHub takes at most ${LABEL_LIMIT}`, "Drop some"));
  }
  if (noDefaultLabels && labels.length === 0) {
    found.push(violation("noDefaultLabels", true, "a runner without any label would get no job", "Give at least one of labels"));
  }
  return found;
}
