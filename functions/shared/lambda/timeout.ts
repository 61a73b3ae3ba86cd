import type { Clock } from "./clock";

/**
 * Runs work under a time limit. On expiry the signal asks the work to stop, and the promise rejects even if the work
 * ignores the signal (a socket that hangs in a library).
 *
 * @param milliseconds upper bound.
 * @throws what the work throws, or an error that names `what` and the limit.
 */
export async function within<T>(clock: Clock, what: string, milliseconds: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const timer = clock.after(milliseconds, () => controller.abort(new Error(`${what} took longer than ${milliseconds} ms`)));
  try {
    return await abortable(work(controller.signal), controller.signal);
  } finally {
    timer.cancel();
  }
}

/** Settles with the promise or rejects with the signal's reason, whichever comes first. */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

/** Waits, or rejects with the signal's reason. */
export async function pause(clock: Clock, milliseconds: number, signal: AbortSignal): Promise<void> {
  let timer: { cancel(): void } | undefined;
  try {
    await abortable(new Promise<void>((resolve) => (timer = clock.after(milliseconds, resolve))), signal);
  } finally {
    timer?.cancel();
  }
}
