import type { Diagnostic } from "./result";

type Listener = (error: unknown) => void;
const EVENTS = ["unhandledRejection", "uncaughtException"] as const;
/** gRPC codes `CANCELLED` and `UNAVAILABLE`. */
const ENGINE_GONE_CODES = [1, 14];
/** What the SDK says then, which an error of the program's own may quote. */
const ENGINE_GONE_WORDS = "Resource monitor is terminating";

/**
 * Listens for errors that the program's promises end with while nobody waits for them.
 *
 * A program that the command line runs dies of such an error. One that runs in this process does not: a resource that
 * depends on a failed one waits for its URN for ever, so the SDK waits for that resource, and the engine for the SDK.
 * So the operation is interrupted at the first error, which is the only answer to what went wrong.
 */
export class ProgramErrors {
  private readonly errors = new Set<unknown>();
  private readonly controller = new AbortController();
  private readonly before = listeners("unhandledRejection");
  private readonly listener: Listener = (error) => {
    if (isEngineGone(error)) return;
    this.errors.add(error);
    // The promises that fail for the same reason do so in this turn of the event loop; one interruption is enough.
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

  /** Each error once, however many promises it went through. */
  diagnostics(): Diagnostic[] {
    const messages = new Set([...this.errors].map(describe));
    return [...messages].map((message) => ({ severity: "error", message }));
  }

  /** Stops listening. */
  release(): void {
    for (const event of EVENTS) process.off(event, this.listener);
    if (!this.any) return;
    // The SDK listens to both events as well, and stops when the program ends, which a program that hangs never does.
    // Its listener would swallow every later error of this process.
    const [rejections, exceptions] = EVENTS.map(listeners) as [Listener[], Listener[]];
    for (const left of rejections.filter((other) => exceptions.includes(other) && !this.before.includes(other))) {
      for (const event of EVENTS) process.off(event, left);
    }
  }
}

/** The types of Node give each event a listener of its own, and the SDK uses one for both. */
function listeners(event: (typeof EVENTS)[number]): Listener[] {
  return process.listeners(event as "uncaughtException") as Listener[];
}

/** Errors that follow from the engine's end. It has said itself why, and that must not be covered by them. */
function isEngineGone(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  return ENGINE_GONE_CODES.includes(code as number) || String(message).includes(ENGINE_GONE_WORDS);
}

/** An input error explains itself; of any other the place is needed as well. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const meantForUsers = "__pulumiInputPropertyError" in error || "__pulumiInputPropertiesError" in error || "__pulumiRunError" in error;
  return meantForUsers ? error.message : (error.stack ?? error.message);
}
