/** The pattern uses an operator that the rehearsal does not match. */
export class UnsupportedPatternError extends Error {
  constructor(path: string, problem: string) {
    super(
      `event pattern, ${path}: ${problem}. The rehearsal rejects what it cannot match; add support in rehearsal/aws/events/pattern.ts.`,
    );
    this.name = "UnsupportedPatternError";
  }
}

type Json = unknown;

/** EventBridge's matching: the event must have every field of the pattern, with one of the listed values. */
export function matchesPattern(pattern: Json, event: Json, path = ""): boolean {
  if (!isRecord(pattern)) throw new UnsupportedPatternError(path || "the pattern", "not an object");
  return Object.entries(pattern).every(([field, expected]) => {
    const here = path ? `${path}.${field}` : field;
    if (field.startsWith("$")) throw new UnsupportedPatternError(here, `operator ${field}`);
    const actual = isRecord(event) ? event[field] : undefined;
    if (!Array.isArray(expected)) return matchesPattern(expected, actual, here);
    if (expected.length === 0) throw new UnsupportedPatternError(here, "an empty list");
    // An array in the event matches if any of its elements does.
    const values = Array.isArray(actual) ? actual : [actual];
    return expected.some((matcher) => values.some((value) => matchesValue(matcher, value, here)));
  });
}

function matchesValue(matcher: Json, value: Json, path: string): boolean {
  if (!isRecord(matcher)) return matcher === value;
  const entries = Object.entries(matcher);
  const [operator, operand] = entries[0] ?? [];
  if (entries.length !== 1) throw new UnsupportedPatternError(path, "a matcher with several operators");
  switch (operator) {
    case "prefix":
    case "suffix":
      if (typeof operand !== "string") throw new UnsupportedPatternError(path, `${operator} of ${JSON.stringify(operand)}`);
      return typeof value === "string" && (operator === "prefix" ? value.startsWith(operand) : value.endsWith(operand));
    case "exists":
      if (typeof operand !== "boolean") throw new UnsupportedPatternError(path, "exists must be true or false");
      return (value !== undefined) === operand;
    case "anything-but":
      if (isRecord(operand)) throw new UnsupportedPatternError(path, "anything-but with an operator inside");
      return value !== undefined && ![operand].flat().includes(value);
    default:
      throw new UnsupportedPatternError(path, `operator ${operator}`);
  }
}

function isRecord(value: Json): value is Record<string, Json> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
