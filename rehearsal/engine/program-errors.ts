import type { Diagnostic } from "./result";

type Listener = (error: unknown) => void;
const EVENTS = ["unhandledRejection", "uncaughtException"] as const;
/** gRPC codes `CANCELLED` and `UNAVAILABLE`. */
const ENGINE_GONE_CODES = [1, 14];
/** What the SDK and the engine say of it, which an error of the program may quote. The latter has the code `UNKNOWN`. */
const ENGINE_GONE_WORDS = ["Resource monitor is terminating", "resource monitor shut down"];

/**
 * Listens for unhandled rejections and uncaught exceptions of the program.
 *
 * A program that the command line runs exits on such an error. One that runs in this process does not: a resource that
 * depends on a failed one waits forever for its URN, the SDK waits for that resource, and the engine for the SDK. So the
 * operation is interrupted at the first error.
 */
export class ProgramErrors {
  private readonly errors = new Set<unknown>();
  private readonly controller = new AbortController();
  private readonly before = listeners("unhandledRejection");
  private readonly listener: Listener = (error) => {
    if (isEngineGone(error)) return;
    this.errors.add(error);
    // Promises that fail for the same reason do so in this iteration of the event loop; one interruption is enough.
    setImmediate(() => this.controller.abort());
  };

  constructor() {
    for (const event of EVENTS) process.on(event, this.listener);
  }

  /** Aborted once the program has failed. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  get any(): boolean {
    return this.errors.size > 0;
  }

  /** Each error once, no matter how many promises it passed through. */
  diagnostics(): Diagnostic[] {
    const messages = new Set([...this.errors].map(describe));
    return [...messages].map((message) => ({ severity: "error", message }));
  }

  /** Stops listening. */
  release(): void {
    for (const event of EVENTS) process.off(event, this.listener);
    if (!this.any) return;
    // The SDK listens for both events as well, until the program ends, which a program that hangs never does. Its
    // listener would swallow every later error of this process.
    const [rejections, exceptions] = EVENTS.map(listeners) as [Listener[], Listener[]];
    for (const left of rejections.filter((other) => exceptions.includes(other) && !this.before.includes(other))) {
      for (const event of EVENTS) process.off(event, left);
    }
  }
}

/** Node's types have a different listener per event; the SDK uses one for both. */
function listeners(event: (typeof EVENTS)[number]): Listener[] {
  return process.listeners(event as "uncaughtException") as Listener[];
}

/** Errors that follow from the engine's exit. The engine has already reported the cause, which they must not mask. */
function isEngineGone(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  return ENGINE_GONE_CODES.includes(code as number) || ENGINE_GONE_WORDS.some((words) => String(message).includes(words));
}

/** An input error explains itself; any other needs its stack trace. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const meantForUsers = "__pulumiInputPropertyError" in error || "__pulumiInputPropertiesError" in error || "__pulumiRunError" in error;
  return meantForUsers ? error.message : (error.stack ?? error.message);
}
