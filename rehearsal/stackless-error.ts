/**
 * An error that its caller expects as an answer. It has no stack, because simulations throw them by the million, and
 * capturing the stacks took 5 % of their time.
 */
export class StacklessError extends Error {
  constructor(message: string) {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(message);
    Error.stackTraceLimit = stackTraceLimit;
  }
}
