import type { HangUp } from "../../github/protocol";
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

/** Ends the poll of a listener. An AbortController would cost 3 % of a simulation. */
export class PollEnd implements HangUp {
  aborted = false;
  private readonly acts = new Set<() => void>();

  addEventListener(_type: "abort", act: () => void): void {
    this.acts.add(act);
  }

  removeEventListener(_type: "abort", act: () => void): void {
    this.acts.delete(act);
  }

  abort(): void {
    if (this.aborted) return;
    this.aborted = true;
    for (const act of [...this.acts]) act();
  }
}

export function throwIfAborted(signal: AbortFlag): void {
  if (signal.aborted) throw new Aborted();
}

/** Never settles: a process that has ended makes no progress. */
export function never(): Promise<never> {
  return new Promise(() => undefined);
}
