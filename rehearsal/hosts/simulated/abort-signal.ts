import { StacklessError } from "../../stackless-error";

/** Set once the process that it represents has ended, was killed or lost power. */
export interface AbortFlag {
  aborted: boolean;
}

/** Thrown inside the model's coroutines when the machine lost power or the process was killed. */
export class Aborted extends StacklessError {
  constructor() {
    super("aborted");
  }
}

export function throwIfAborted(signal: AbortFlag): void {
  if (signal.aborted) throw new Aborted();
}

/** Never settles: a process that has ended makes no progress. */
export function never(): Promise<never> {
  return new Promise(() => undefined);
}
