import { RefusedError } from "./refused-error";

/** What Pulumi allows for a stack without its organization. */
const STACK = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/;

/** @throws RefusedError for a text that cannot be the name of a stack; it becomes part of a file's name. */
export function stackName(given: string, flag: string): string {
  if (!STACK.test(given)) throw new RefusedError(`${flag} ${given}: give a stack's name: letters, digits, _, - and ., at most 100`);
  return given;
}
