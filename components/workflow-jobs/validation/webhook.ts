import { WebhookScope } from "../../../contract/workflow-jobs/webhook";
import { type Violation, notAList, violation } from "../../shared/input-errors";

/** As a label of a job, with `*` for any characters. */
const PATTERN = /^[^\s,"'`$\\]{1,256}$/;
const PATTERN_LIMIT = 50;
/** Characters. All variables of a function together may have 4 KB. */
const PATTERNS_LENGTH_LIMIT = 2000;

export interface WebhookSettings {
  webhook: { scope: WebhookScope; takeOver: boolean };
  ours: readonly string[];
  github: { organization?: string; repository?: string };
}

/** @param prefix of the arguments' paths, for a component that has them inside an argument of its own: `demand.` */
export function webhookViolations({ webhook, ours, github }: WebhookSettings, prefix = ""): Violation[] {
  return [...scopeViolations(webhook, github, prefix), ...takeOverViolations(webhook, prefix), ...patternViolations(ours, `${prefix}ours`)];
}

function scopeViolations(
  { scope }: WebhookSettings["webhook"],
  { organization, repository }: WebhookSettings["github"],
  prefix: string,
): Violation[] {
  const refuse = (problem: string, remedy: string) => [violation(`${prefix}webhook.scope`, scope, problem, remedy)];
  if (!Object.values(WebhookScope).includes(scope)) {
    return refuse("not a valid scope of a webhook", "Use app, organization, repository or manual");
  }
  if (scope === WebhookScope.Organization && organization === undefined) {
    return refuse("github.repository is given, and no organization", `Use ${WebhookScope.Repository}, or set github.organization`);
  }
  if (scope === WebhookScope.Repository && repository === undefined) {
    const problem = "github.organization is given, and a webhook of one repository delivers no other's jobs";
    return refuse(problem, `Use ${WebhookScope.Organization}, or set github.repository`);
  }
  return [];
}

/** A stack's configuration may contain the text "false", which would count as true. */
function takeOverViolations({ scope, takeOver }: WebhookSettings["webhook"], prefix: string): Violation[] {
  const refuse = (problem: string, remedy: string) => [violation(`${prefix}webhook.takeOver`, takeOver, problem, remedy)];
  if (typeof takeOver !== "boolean") return refuse("not a boolean", "Use true or false, without quotes");
  if (!takeOver || scope === WebhookScope.App) return [];
  return refuse(`it concerns the App's own webhook, and webhook.scope is ${scope}`, "Remove it");
}

function patternViolations(ours: readonly string[], field: string): Violation[] {
  if (!Array.isArray(ours)) return [notAList(field, ours)];
  const found: Violation[] = [];
  for (const pattern of ours) {
    if (typeof pattern !== "string" || !PATTERN.test(pattern)) {
      found.push(violation(field, pattern, "a pattern has 1 to 256 characters and no space, comma, quote, $ or \\", "Correct it"));
    } else if (/^\*+$/.test(pattern)) {
      const problem = "it matches every label, also those of GitHub's own runners, so each of their jobs would be reported as unserved";
      found.push(violation(field, pattern, problem, "Name a part of your labels, such as linux-*"));
    }
  }
  if (ours.length > PATTERN_LIMIT) found.push(violation(field, ours.length, `more than ${PATTERN_LIMIT} patterns`, "Use fewer, with *"));
  const { length } = JSON.stringify(ours);
  if (length > PATTERNS_LENGTH_LIMIT) {
    const problem = `together ${length} characters, and a function's variables have room for ${PATTERNS_LENGTH_LIMIT}`;
    found.push(violation(field, `${ours.length} patterns`, problem, "Use fewer or shorter ones, with *"));
  }
  return found;
}
