/** The pattern uses an operator that the rehearsal does not match. */
export class PatternNotUnderstood extends Error {
  constructor(path: string, problem: string) {
    super(`event pattern, ${path}: ${problem}. The rehearsal refuses what it cannot match; teach rehearsal/aws/events/pattern.ts.`);
    this.name = "PatternNotUnderstood";
  }
}

type Json = unknown;

/** EventBridge's matching: every field of the pattern must be in the event with one of the listed values. */
export function matchesPattern(pattern: Json, event: Json, path = ""): boolean {
  if (!isRecord(pattern)) throw new PatternNotUnderstood(path || "the pattern", "not an object");
  return Object.entries(pattern).every(([field, expected]) => {
    const here = path ? `${path}.${field}` : field;
    if (field.startsWith("$")) throw new PatternNotUnderstood(here, `operator ${field}`);
    const actual = isRecord(event) ? event[field] : undefined;
    if (!Array.isArray(expected)) return matchesPattern(expected, actual, here);
    if (expected.length === 0) throw new PatternNotUnderstood(here, "an empty list");
    // An array in the event matches when any of its elements does.
    const values = Array.isArray(actual) ? actual : [actual];
    return expected.some((matcher) => values.some((value) => matchesValue(matcher, value, here)));
  });
}

function matchesValue(matcher: Json, value: Json, path: string): boolean {
  if (!isRecord(matcher)) return matcher === value;
  const entries = Object.entries(matcher);
  const [operator, operand] = entries[0] ?? [];
  if (entries.length !== 1) throw new PatternNotUnderstood(path, "a matcher with several operators");
  switch (operator) {
    case "prefix":
    case "suffix":
      if (typeof operand !== "string") throw new PatternNotUnderstood(path, `${operator} of ${JSON.stringify(operand)}`);
      return typeof value === "string" && (operator === "prefix" ? value.startsWith(operand) : value.endsWith(operand));
    case "exists":
      if (typeof operand !== "boolean") throw new PatternNotUnderstood(path, "exists wants true or false");
      return (value !== undefined) === operand;
    case "anything-but":
      if (isRecord(operand)) throw new PatternNotUnderstood(path, "anything-but with an operator inside");
      return value !== undefined && ![operand].flat().includes(value);
    default:
      throw new PatternNotUnderstood(path, `operator ${operator}`);
  }
}

function isRecord(value: Json): value is Record<string, Json> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
