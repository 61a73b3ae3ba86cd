import * as pulumi from "@pulumi/pulumi";
import { shownValue, withoutSecrets } from "./shown-value";

/** One problem with the arguments. */
export interface Violation {
  /** Path of the argument, e.g. `drain.heartbeatTimeout`. */
  field: string;
  /** The message for the user: field, value, problem and remedy. */
  reason: string;
}

/**
 * Combines field, value, problem and remedy in one message, because a program shows only the message of an error. A value
 * that may be a secret is not shown.
 */
export function violation(field: string, value: unknown, problem: string, remedy: string): Violation {
  const shown = value === undefined ? "is missing" : `= ${shownValue(field, value)}`;
  return { field, reason: `${field} ${shown}: ${withoutSecrets(`${problem}. ${remedy}`)}.` };
}

/** For a value of which nothing may be shown, such as a secret. */
export function hiddenViolation(field: string, problem: string, remedy: string): Violation {
  return { field, reason: `${field} (not shown): ${problem}. ${remedy}.` };
}

/**
 * A text in the place of a list, as YAML's `key: value` gives it. It has a length and characters, so that each of these would pass as
 * an element.
 */
export function notAList(field: string, value: unknown): Violation {
  return violation(field, value, "not a list", "Write it as a list, also with a single element");
}

/** The error for one or more violations, in the form that the engine shows next to the argument's name. */
export function inputError(violations: Violation[]): Error {
  const [first, ...others] = violations;
  if (first && others.length === 0) {
    return withFixedMessage(new pulumi.InputPropertyError({ propertyPath: first.field, reason: first.reason }));
  }
  const list = violations.map(({ reason }) => `- ${reason}`).join("\n");
  return withFixedMessage(
    new pulumi.InputPropertiesError({
      message: `${violations.length} arguments are invalid:\n${list}`,
      errors: violations.map(({ field, reason }) => ({ propertyPath: field, reason })),
    }),
  );
}

/**
 * An output that fails passes the same error to every resource that depends on it, and each time Pulumi's SDK adds a
 * prefix to the message: after twenty of them the text is hard to find. So the message is made read-only.
 */
function withFixedMessage(error: Error): Error {
  const { message } = error;
  return Object.defineProperty(error, "message", { get: () => message, set: () => undefined, enumerable: false });
}

/** Throws one error that lists every violation, so that the user can correct them all at once. */
export function throwIfAny(violations: Violation[]): void {
  if (violations.length > 0) throw inputError(violations);
}
