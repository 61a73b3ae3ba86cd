import { type Violation, notAList, violation } from "../../shared/input-errors";
import type { PersistentRunnerSettings } from "../settings";

const LIMIT = 50;
/** Characters, together as JSON. All variables of a function may have 4 KB. */
const LENGTH_LIMIT = 2000;

/** Printable, and without what IAM or a shell would interpret. */
const SUBJECT = /^[^\s"'`\\]+$/;
/** The usual form. Since GitHub's immutable subjects, owner and repository may be followed by `@` and their number. */
const OF_REPOSITORY = /^repo:([^/:@]+)(?:@\d+)?\/([^/:@]+)(?:@\d+)?:(.+)$/;

/** Checks who may use the machine: a subject that admits more than was meant hands over a disk and a role. */
export function subjectViolations({ subjects, github }: PersistentRunnerSettings): Violation[] {
  if (!Array.isArray(subjects)) return [notAList("subjects", subjects)];
  if (subjects.length === 0) {
    return [violation("subjects", subjects, "no workflow could use the machine", "Add one such as repo:OWNER/REPO:ref:refs/heads/main")];
  }
  if (subjects.length > LIMIT) {
    return [violation("subjects", `${subjects.length} subjects`, `more than ${LIMIT}`, "Use an environment that several workflows share")];
  }
  const { length } = JSON.stringify(subjects);
  if (length > LENGTH_LIMIT) {
    const problem = `together ${length} characters, and a function's variables have room for ${LENGTH_LIMIT}`;
    return [violation("subjects", `${subjects.length} subjects`, problem, "Use an environment that several workflows share")];
  }
  const twice = subjects.findIndex((one, index) => subjects.indexOf(one) < index);
  return [
    ...subjects.flatMap((subject, index) => ownViolations(`subjects[${index}]`, subject, github)),
    ...(twice < 0 ? [] : [violation(`subjects[${twice}]`, subjects[twice], "it is in the list already", "Remove one of them")]),
  ];
}

function ownViolations(field: string, subject: unknown, github: PersistentRunnerSettings["github"]): Violation[] {
  const refuse = (problem: string, remedy: string) => [violation(field, subject, problem, remedy)];
  if (typeof subject !== "string" || !SUBJECT.test(subject)) {
    return refuse("not the subject of a token", "Use one such as repo:OWNER/REPO:ref:refs/heads/main");
  }
  if (/[*?]/.test(subject)) {
    return refuse("a subject with a wildcard admits workflows of branches that anyone can push", "Name each branch or environment exactly");
  }
  // An organization's own form of subjects, which only it knows.
  if (!subject.startsWith("repo:")) return [];
  const [, owner = "", repository = "", context] = OF_REPOSITORY.exec(subject) ?? [];
  if (context === undefined) {
    return refuse("it names no branch, environment or event, so that no token has it", "Append one, such as :ref:refs/heads/main");
  }
  return accountViolations(field, subject, `${owner}/${repository}`, github);
}

/**
 * A machine of one account takes no jobs of another's: its runs would wait until they end. IAM compares with case, and GitHub writes an
 * account's name in its own.
 */
function accountViolations(field: string, subject: string, full: string, { organization, repository }: PersistentRunnerSettings["github"]) {
  const [owner] = full.split("/");
  if (repository !== undefined && full !== repository) {
    return [
      violation(
        field,
        subject,
        `the machine registers for ${repository} alone`,
        "Set github.organization, or name that repository, in the same case",
      ),
    ];
  }
  if (organization !== undefined && owner !== organization) {
    return [
      violation(
        field,
        subject,
        `the machine registers for the organization ${organization}`,
        "Name a repository of that organization, in the same case",
      ),
    ];
  }
  return [];
}
