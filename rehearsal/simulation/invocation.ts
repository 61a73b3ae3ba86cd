import type { Clock, Timer } from "../clock";
import type { FunctionError } from "../aws/lambda/function-process";

/** Ends an invocation as Lambda does: what is still under way in it freezes and does nothing any more. */
export class Invocation {
  private over = false;

  constructor(private readonly clock: Clock) {}

  /** Runs the work within `seconds`. Never rejects. */
  async run(work: () => Promise<unknown>, requestId: string, seconds: number): Promise<{ result: unknown } | { error: FunctionError }> {
    let timer: Timer | undefined;
    const late = new Promise<{ error: FunctionError }>((resolve) => {
      timer = this.clock.after(seconds * 1000, () => {
        const errorMessage = `${requestId} Task timed out after ${seconds.toFixed(2)} seconds`;
        resolve({ error: { errorType: "Sandbox.Timedout", errorMessage } });
      });
    });
    const done = work().then(
      (result) => ({ result }),
      (error: unknown) => ({ error: asFunctionError(error) }),
    );
    try {
      return await Promise.race([done, late]);
    } finally {
      this.over = true;
      timer?.cancel();
    }
  }

  /** One call of the invocation to the outside, `ms` on its way. */
  async call<T>(ms: number, act: () => Promise<T>): Promise<T> {
    await this.sleep(ms);
    return act();
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.clock.after(ms, () => this.over || resolve()));
  }
}

function asFunctionError(error: unknown): FunctionError {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  return { errorType: name, errorMessage: message };
}
