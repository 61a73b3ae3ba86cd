import { type Violation, notAList, violation } from "../../shared/input-errors";
import type { PersistentRunnerSettings } from "../settings";
import { subjectRefs } from "../subject-refs";

/** One line, and nothing that GitHub's expressions would evaluate: the text becomes part of one. */
const PLAIN = /^[^\p{C}'{}]{1,100}$/u;
const GROUP = /^[\w .:/@-]{1,100}$/;
/** As GitHub names branches; its patterns are allowed, because pushes to them run the workflow all the same only for a subject. */
const BRANCH = /^[^\s~^:\\'"`]{1,255}$/;
/** What makes a branch a pattern, or an exclusion. */
const PATTERN = /[*?+![\]]/;
const COMMAND_LIMIT = 10_000;

/** Checks what becomes part of the rendered workflow. */
export function workflowViolations(settings: PersistentRunnerSettings): Violation[] {
  const { workflow, concurrencyGroup } = settings;
  const found: Violation[] = [];
  if (typeof concurrencyGroup !== "string" || !GROUP.test(concurrencyGroup)) {
    const remedy = "Use letters, digits, spaces and _ - . : / @";
    found.push(violation("concurrencyGroup", concurrencyGroup, "not usable as the name of a concurrency group", remedy));
  }
  if (typeof workflow.name !== "string" || !PLAIN.test(workflow.name)) {
    found.push(
      violation("workflow.name", workflow.name, "not a name of one line of 1 to 100 characters", "Use one without quotes and braces"),
    );
  }
  if (typeof workflow.command !== "string" || workflow.command.trim() === "" || workflow.command.length > COMMAND_LIMIT) {
    const problem = `not a command of up to ${COMMAND_LIMIT} characters`;
    found.push(violation("workflow.command", workflow.command, problem, "Use one such as make test"));
  }
  return [...found, ...branchViolations(settings), ...environmentViolations(settings), ...labelViolations(settings)];
}

function branchViolations({ workflow: { branches, environment }, subjects }: PersistentRunnerSettings): Violation[] {
  if (!Array.isArray(branches)) return [notAList("workflow.branches", branches)];
  if (branches.length === 0) return [violation("workflow.branches", branches, "no push would run it", "Name at least one, such as main")];
  const invalid = branches.findIndex((branch) => typeof branch !== "string" || !BRANCH.test(branch));
  if (invalid < 0) return uncovered(branches, environment, subjects);
  return [violation(`workflow.branches[${invalid}]`, branches[invalid], "not the name of a branch", "Use one such as main")];
}

/** A branch by name whose pushes would start nothing. Where no subject is a branch, pushes are not meant to. */
function uncovered(branches: readonly string[], environment: string | undefined, subjects: readonly string[]): Violation[] {
  const refs = environment === undefined ? subjectRefs(subjects) : undefined;
  if (refs === undefined || refs.length === 0) return [];
  const index = branches.findIndex((branch) => !PATTERN.test(branch) && !refs.includes(`refs/heads/${branch}`));
  if (index < 0) return [];
  const remedy = `Add repo:OWNER/REPO:ref:refs/heads/${branches[index]} to subjects, or remove the branch`;
  return [violation(`workflow.branches[${index}]`, branches[index], "no subject is this branch, so that its pushes start nothing", remedy)];
}

/** A job in an environment has a token with the environment's subject, and without one never has it. */
function environmentViolations({ workflow: { environment }, subjects }: PersistentRunnerSettings): Violation[] {
  if (environment === undefined) {
    if (subjects.some((subject) => !/:environment:/.test(subject))) return [];
    const remedy = "Set it to the environment of your subjects";
    return [violation("workflow.environment", environment, "each of subjects is that of an environment", remedy)];
  }
  if (!PLAIN.test(environment)) {
    return [violation("workflow.environment", environment, "not the name of an environment", "Use one without quotes and braces")];
  }
  // GitHub writes a colon in a name as %3A.
  const suffix = `:environment:${environment.replaceAll(":", "%3A")}`;
  if (subjects.some((subject) => subject.endsWith(suffix))) return [];
  const problem = "no subject ends with it, so that each start would be refused";
  return [violation("workflow.environment", environment, problem, `Add repo:OWNER/REPO${suffix} to subjects, or remove it`)];
}

function labelViolations({ workflow: { pullRequestLabel, environment }, subjects }: PersistentRunnerSettings): Violation[] {
  if (pullRequestLabel === undefined) return [];
  const refuse = (problem: string, remedy: string) => [violation("workflow.pullRequestLabel", pullRequestLabel, problem, remedy)];
  if (!PLAIN.test(pullRequestLabel)) return refuse("not a label of one line of 1 to 100 characters", "Use one without quotes and braces");
  if (environment !== undefined || subjects.some((subject) => subject.endsWith(":pull_request"))) return [];
  return refuse("no subject is one of pull requests, so that each start would be refused", "Add repo:OWNER/REPO:pull_request to subjects");
}
