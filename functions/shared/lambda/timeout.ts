/** What bounds and pauses run on. A simulation, whose functions live on a virtual clock, puts its own here. */
export interface BoundTimers {
  set(act: () => void, milliseconds: number): unknown;
  clear(timer: unknown): void;
}

const REAL: BoundTimers = {
  set: (act, milliseconds) => setTimeout(act, milliseconds),
  clear: (timer) => clearTimeout(timer as NodeJS.Timeout),
};
let timers = REAL;

/** Returns how to put back what was there before. */
export function boundBy(other: BoundTimers): () => void {
  const before = timers;
  timers = other;
  return () => void (timers = before);
}

/**
 * Runs work that must end within a time, whatever the other side does. The signal asks the work to stop; should it
 * not listen (a socket that hangs in a library), the caller is released all the same.
 *
 * @param milliseconds upper bound.
 * @throws what the work throws, or an error naming `what` and the bound.
 */
export async function within<T>(what: string, milliseconds: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const on = timers;
  const timer = on.set(() => controller.abort(new Error(`${what} took longer than ${milliseconds} ms`)), milliseconds);
  try {
    return await abortable(work(controller.signal), controller.signal);
  } finally {
    on.clear(timer);
  }
}

/** Settles with the promise, or rejects with the signal's reason, whichever is first. */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

/** Waits, or rejects with the signal's reason. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  const on = timers;
  let timer: unknown;
  try {
    await abortable(new Promise<void>((resolve) => (timer = on.set(resolve, milliseconds))), signal);
  } finally {
    on.clear(timer);
  }
}
