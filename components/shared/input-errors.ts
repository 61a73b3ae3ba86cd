import * as pulumi from "@pulumi/pulumi";

/** One thing wrong with the arguments. */
export interface Violation {
  /** Path of the argument, e.g. `drain.heartbeatTimeout`. */
  field: string;
  /** The text for the user: field, value and remedy. */
  reason: string;
}

/** Puts field, value, problem and remedy into one text, because a plain program shows nothing but the text. */
export function violation(field: string, value: unknown, problem: string, remedy: string): Violation {
  const shown = value === undefined ? "is missing" : `= ${JSON.stringify(value)}`;
  return { field, reason: `${field} ${shown}: ${problem}. ${remedy}.` };
}

/** The error for one or several violations, in the form that the engine shows beside the argument's name. */
export function inputError(violations: Violation[]): Error {
  const [first, ...others] = violations;
  if (first && others.length === 0) {
    return pinned(new pulumi.InputPropertyError({ propertyPath: first.field, reason: first.reason }));
  }
  const list = violations.map(({ reason }) => `- ${reason}`).join("\n");
  return pinned(
    new pulumi.InputPropertiesError({
      message: `${violations.length} arguments are invalid:\n${list}`,
      errors: violations.map(({ field, reason }) => ({ propertyPath: field, reason })),
    }),
  );
}

/**
 * An output that ends in an error hands the same error to every resource that it flows into, and Pulumi's SDK puts a
 * prefix before the message each time: after twenty of them nobody finds the text. So the message stays as it is.
 */
function pinned(error: Error): Error {
  const { message } = error;
  return Object.defineProperty(error, "message", { get: () => message, set: () => undefined, enumerable: false });
}

/** Throws one error that tells everything that is wrong, so that a user corrects it in one go. */
export function throwIfAny(violations: Violation[]): void {
  if (violations.length > 0) throw inputError(violations);
}
