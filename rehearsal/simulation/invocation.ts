import type { Clock, Timer } from "../clock";
import type { FunctionError } from "../aws/lambda/function-process";

/** Ends an invocation as Lambda does: whatever is still running in it freezes. */
export class Invocation {
  private over = false;

  constructor(private readonly clock: Clock) {}

  /** Runs the work within `seconds`. Never rejects. */
  async run(work: () => Promise<unknown>, requestId: string, seconds: number): Promise<{ result: unknown } | { error: FunctionError }> {
    let timer: Timer | undefined;
    const timeout = new Promise<{ error: FunctionError }>((resolve) => {
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
      return await Promise.race([done, timeout]);
    } finally {
      this.over = true;
      timer?.cancel();
    }
  }

  /** One outbound call of the invocation, made after a latency of `ms`. */
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
