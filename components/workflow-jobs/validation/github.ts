import { accountViolations, apiUrlViolations, installationViolations, secretArnViolations } from "../../shared/github-rules";
import { type Violation, violation } from "../../shared/input-errors";
import type { WorkflowJobsSettings } from "../settings";

export function githubViolations({ github, rerunLostJobs }: WorkflowJobsSettings): Violation[] {
  const found = [...accountViolations(github), ...appViolations(github), ...apiUrlViolations(github.apiUrl)];
  // A stack's configuration may contain the text "false", which would count as true.
  if (typeof rerunLostJobs === "boolean") return found;
  return [...found, violation("rerunLostJobs", rerunLostJobs, "not a boolean", "Use true or false, without quotes")];
}

/** A program in JavaScript, or a stack's configuration, may omit it all the same. */
function appViolations({ app }: { app?: WorkflowJobsSettings["github"]["app"] }): Violation[] {
  if (app === undefined) {
    return [violation("github.app", app, "only an App has a webhook and may read what the queue needs", "Set github.app")];
  }
  return [
    ...(app.id === undefined || app.id === ""
      ? [violation("github.app.id", app.id, "not an App ID", "Use the App's ID or client ID")]
      : []),
    ...(app.privateKeySecretArn === undefined
      ? [violation("github.app.privateKeySecretArn", undefined, "the App cannot sign in without it", "Set the ARN of its secret")]
      : secretArnViolations("github.app.privateKeySecretArn", app.privateKeySecretArn)),
    ...installationViolations(app.installationId),
  ];
}
