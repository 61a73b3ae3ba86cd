import { WORKFLOW_JOBS_NAME_LIMITS as LIMITS, type WorkflowJobsNames } from "../../../contract/workflow-jobs/names";
import { type Violation, violation } from "../../shared/input-errors";
import type { WorkflowJobsSettings } from "../settings";

/** Lambda and SQS allow no other characters. */
const NAME = /^[A-Za-z][A-Za-z0-9_-]*$/;
/** Characters; DynamoDB's, for the name of a table. */
const SHORTEST = 3;

/** Pulumi names a child `<resource name>-<suffix>-<7 hex digits>`; IAM allows 64 characters for the role of `-reconcile`. */
const LOGICAL_NAME = /^[A-Za-z0-9][A-Za-z0-9-]*$/;
export const LOGICAL_NAME_LIMIT = 64 - "-reconcile".length - 8;

export function nameViolations(name: string, { workflowJobsName, names }: WorkflowJobsSettings): Violation[] {
  const found: Violation[] = [];
  if (!LOGICAL_NAME.test(name)) {
    found.push(violation("name", name, "not usable in the name of a role", "Use letters, digits and hyphens"));
  }
  if (name.length > LOGICAL_NAME_LIMIT) {
    const problem = `${name.length} characters; IAM allows 64 for ${name}-reconcile-xxxxxxx`;
    found.push(violation("name", name, problem, `Use at most ${LOGICAL_NAME_LIMIT} characters`));
  }
  if (!NAME.test(workflowJobsName)) {
    const remedy = "Start with a letter and use letters, digits, - and _; set workflowJobsName if the stack's name has other characters";
    found.push(violation("workflowJobsName", workflowJobsName, "not usable in the names of functions, queues and tables", remedy));
  } else if (workflowJobsName.length < SHORTEST) {
    const problem = `DynamoDB requires at least ${SHORTEST} characters in the name of a table`;
    found.push(violation("workflowJobsName", workflowJobsName, problem, "Choose a longer name"));
  }
  return [...found, ...lengthViolations("workflowJobsName", workflowJobsName, names)];
}

/**
 * Reports only the name that exceeds its limit most: shortening for that one fixes them all.
 *
 * @param field the argument from whose value all names derive
 */
export function lengthViolations(field: string, value: string, names: WorkflowJobsNames): Violation[] {
  const [worst] = (Object.keys(LIMITS) as (keyof WorkflowJobsNames)[])
    .map((key) => ({ key, excess: names[key].length - LIMITS[key] }))
    .filter(({ excess }) => excess > 0)
    .sort((a, b) => b.excess - a.excess);
  if (!worst) return [];
  const derived = names[worst.key];
  const problem = `the derived ${worst.key} "${derived}" has ${derived.length} characters and AWS allows ${LIMITS[worst.key]}`;
  return [violation(field, value, problem, `Shorten ${field} to at most ${value.length - worst.excess} characters`)];
}
