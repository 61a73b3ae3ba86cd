import {
  bootLabel,
  LABEL_DIGITS,
  PERSISTENT_RUNNER_NAME_LIMITS as LIMITS,
  type PersistentRunnerNames,
  RUNNER_NAME_LIMIT,
} from "../../../contract/persistent-runner/names";
import { type Violation, violation } from "../../shared/input-errors";
import { logicalNameViolations } from "../../shared/logical-name";
import type { PersistentRunnerSettings } from "../settings";

/** Lambda, SQS and DynamoDB allow no other characters, and the name is a label at GitHub. */
const NAME = /^[A-Za-z][A-Za-z0-9_-]*$/;

export function nameViolations(name: string, { persistentRunnerName, names }: PersistentRunnerSettings): Violation[] {
  const found = logicalNameViolations(name);
  if (!NAME.test(persistentRunnerName)) {
    const remedy =
      "Start with a letter and use letters, digits, - and _; set persistentRunnerName if the stack's name has other characters";
    const problem = "not usable in the names of functions, queues and tables";
    found.push(violation("persistentRunnerName", persistentRunnerName, problem, remedy));
  }
  return [...found, ...lengthViolations(persistentRunnerName, names)];
}

/** Reports only the name that exceeds its limit most: shortening for that one fixes them all. */
function lengthViolations(name: string, names: PersistentRunnerNames): Violation[] {
  const inAws = (Object.keys(LIMITS) as (keyof PersistentRunnerNames)[]).map((key) => ({
    what: key as string,
    derived: names[key],
    limit: LIMITS[key],
    by: "AWS",
  }));
  const runner = { what: "runner", derived: bootLabel(name, "x".repeat(LABEL_DIGITS)), limit: RUNNER_NAME_LIMIT, by: "GitHub" };
  const [worst] = [...inAws, runner]
    .map((each) => ({ ...each, excess: each.derived.length - each.limit }))
    .filter(({ excess }) => excess > 0)
    .sort((a, b) => b.excess - a.excess);
  if (!worst) return [];
  const { what, derived, limit, by, excess } = worst;
  const problem = `the derived ${what} "${derived}" has ${derived.length} characters and ${by} allows ${limit}`;
  return [violation("persistentRunnerName", name, problem, `Shorten it to at most ${name.length - excess} characters`)];
}
