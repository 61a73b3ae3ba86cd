import { canonicalKey, isKnownKey, isResourceTagKey, NEGATED_OPERATORS } from "./vocabulary";
import { type Condition, UnsupportedPolicyError, type Statement } from "./policy";

/** Condition keys of one request, in canonical spelling. Multiple values are a list, or comma-separated (`aws:TagKeys`). */
export type ConditionContext = ReadonlyMap<string, string | readonly string[]>;

export function contextOf(keys: Record<string, string | readonly string[]>): ConditionContext {
  return new Map(Object.entries(keys).map(([key, value]) => [canonicalKey(key), value]));
}

export interface Request {
  action: string;
  resource: string;
  context: ConditionContext;
  /** Treat conditions on the resource's tags as satisfied; see Authorisation.missing. */
  assumeResourceTags?: boolean;
}

/** Actions are case-insensitive. */
export function matchesAction(pattern: string, action: string): boolean {
  return glob(pattern.toLowerCase(), action.toLowerCase());
}

/** Whether the statement applies to this request, whatever its effect. */
export function statementApplies(statement: Statement, request: Request): boolean {
  if (!statement.actions.some((action) => matchesAction(action, request.action))) return false;
  const { resources } = statement;
  if (resources && !resources.some((pattern) => matchesPattern(pattern, request.resource, request.context))) return false;
  return statement.conditions.every((condition) => conditionHolds(condition, request));
}

/** Matches wildcards and policy variables. A pattern with a variable that has no value matches nothing, as in IAM. */
function matchesPattern(pattern: string, value: string, context: ConditionContext): boolean {
  const expression = toExpression(pattern, context);
  return expression !== undefined && expression.test(value);
}

function conditionHolds(condition: Condition, request: Request): boolean {
  if (request.assumeResourceTags && isResourceTagKey(condition.key)) return true;
  const present = request.context.get(canonicalKey(condition.key));
  if (condition.operator === "Null") return condition.values.includes(String(present === undefined));
  if (condition.quantifier) {
    const values = typeof present === "string" ? present.split(",").filter((value) => value !== "") : (present ?? []);
    const holds = (value: string) => valueMatches(condition, value, request.context);
    return condition.quantifier === "ForAllValues" ? values.every(holds) : values.some(holds);
  }
  if (present === undefined) return condition.ifExists || NEGATED_OPERATORS.has(condition.operator);
  if (typeof present !== "string")
    throw new UnsupportedPolicyError(`condition on ${condition.key}`, "several values without a set operator");
  return valueMatches(condition, present, request.context);
}

function valueMatches(condition: Condition, value: string, context: ConditionContext): boolean {
  const { operator, values } = condition;
  switch (operator) {
    case "StringEquals":
      return values.some((expected) => substitute(expected, context) === value);
    case "StringNotEquals":
      return !values.some((expected) => substitute(expected, context) === value);
    case "StringLike":
    case "ArnLike":
    case "ArnEquals":
      return values.some((pattern) => matchesPattern(pattern, value, context));
    case "StringNotLike":
      return !values.some((pattern) => matchesPattern(pattern, value, context));
    case "Bool":
      return values.some((expected) => expected.toLowerCase() === value.toLowerCase());
    default:
      throw new UnsupportedPolicyError(`condition on ${condition.key}`, `operator ${operator}`);
  }
}

const VARIABLE = /\$\{([^}]*)\}/g;

function variable(name: string, context: ConditionContext): string | undefined {
  if (name === "*" || name === "?" || name === "$") return name;
  if (!isKnownKey(name)) throw new UnsupportedPolicyError(`\${${name}}`, "unknown policy variable");
  const value = context.get(canonicalKey(name));
  return typeof value === "string" ? value : undefined;
}

function substitute(text: string, context: ConditionContext): string | undefined {
  let complete = true;
  const result = text.replace(VARIABLE, (_, name: string) => {
    const value = variable(name, context);
    if (value === undefined) complete = false;
    return value ?? "";
  });
  return complete ? result : undefined;
}

/** Wildcards in the policy are interpreted, those in a variable's value are not. */
function toExpression(pattern: string, context: ConditionContext): RegExp | undefined {
  let source = "";
  let last = 0;
  for (const match of pattern.matchAll(VARIABLE)) {
    const value = variable(match[1] ?? "", context);
    if (value === undefined) return undefined;
    source += globSource(pattern.slice(last, match.index)) + escape(value);
    last = match.index + match[0].length;
  }
  return new RegExp(`^${source}${globSource(pattern.slice(last))}$`, "s");
}

/** Cached, since a rehearsal of 10,000 instances matches the same few patterns over and over. */
const compiled = new Map<string, RegExp>();

function glob(pattern: string, value: string): boolean {
  let expression = compiled.get(pattern);
  if (!expression) {
    expression = new RegExp(`^${globSource(pattern)}$`, "s");
    compiled.set(pattern, expression);
  }
  return expression.test(value);
}

function globSource(text: string): string {
  return escape(text).replaceAll("\\*", ".*").replaceAll("\\?", ".");
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
