import { accountViolations, apiUrlViolations, installationViolations, secretArnViolations } from "../../shared/github-rules";
import { type Violation, violation } from "../../shared/input-errors";
import type { PoolSettings } from "../settings";

/** Narrower than GitHub's own rules: `config.sh` splits the list at commas, and the shell at spaces. */
const LABEL = /^[^\s,"'`$\\]{1,256}$/;
const LABEL_LIMIT = 100;

export function githubViolations(settings: PoolSettings): Violation[] {
  return [
    ...scopeViolations(settings),
    ...authorityViolations(settings),
    ...labelViolations(settings),
    ...apiUrlViolations(settings.github.apiUrl),
  ];
}

function scopeViolations({ github, runnerGroup }: PoolSettings): Violation[] {
  const found = accountViolations(github);
  if (github.repository !== undefined && github.organization === undefined && runnerGroup !== undefined) {
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
    ...secretArnViolations("github.app.privateKeySecretArn", app?.privateKeySecretArn),
    ...secretArnViolations("github.tokenSecretArn", tokenSecretArn),
    ...installationViolations(app?.installationId),
  ];
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
