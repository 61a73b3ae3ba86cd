import type { Properties } from "../values";
import type { Problem } from "./checks";

const GITHUB = "token.actions.githubusercontent.com";
const SUBJECT = `${GITHUB}:sub`;

/**
 * GitHub's tokens come from one provider for all of its customers. IAM therefore refuses a trust policy that lets such a
 * token in without saying which repository it must be from: a condition on `sub` whose value does not begin with a wildcard.
 */
export function tokenTrustProblems(inputs: Properties, property: string): Problem[] {
  let document: { Statement?: unknown };
  try {
    document = JSON.parse(String(inputs[property]));
  } catch {
    return [];
  }
  const statements = [document.Statement].flat() as any[];
  const open = statements.filter((statement) => {
    const federated = [statement?.Principal?.Federated ?? []].flat().some((name: unknown) => String(name).endsWith(GITHUB));
    return statement?.Effect === "Allow" && federated && !limited(statement.Condition ?? {});
  });
  return open.length === 0
    ? []
    : [{ property, reason: `MalformedPolicyDocument: the trust of ${GITHUB} must evaluate the condition key ${SUBJECT}` }];
}

function limited(condition: Record<string, Record<string, unknown>>): boolean {
  const subjects = ["StringEquals", "StringLike"].flatMap((operator) => [condition[operator]?.[SUBJECT] ?? []].flat());
  return subjects.length > 0 && subjects.every((subject) => !String(subject).startsWith("*"));
}
