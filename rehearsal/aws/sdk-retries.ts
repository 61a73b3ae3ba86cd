import { AwsError } from "./api";

/** What AWS's SDKs try again by themselves: throttling, and whatever the service says that it did wrong. */
function worthAnotherTry(error: unknown): boolean {
  return error instanceof AwsError && (error.httpStatus >= 500 || /Throttl|TooManyRequests|RequestTimeout/.test(error.code));
}

/** The SDK waits 100 ms, 200 ms, 400 ms... between tries, five times that when it was throttled, and never above 20 s. */
const FIRST_PAUSE_MS = 100;
const THROTTLED_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 20_000;

/** A call as an SDK client with `maxAttempts` makes it, for callers that speak to the stand-in without one. */
export async function withSdkRetries<T>(attempts: number, call: () => Promise<T>, sleep: (ms: number) => Promise<void>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      if (attempt >= attempts || !worthAnotherTry(error)) throw error;
      const first = /Throttl/.test((error as AwsError).code) ? THROTTLED_PAUSE_MS : FIRST_PAUSE_MS;
      await sleep(Math.min(first * 2 ** (attempt - 1), LONGEST_PAUSE_MS));
    }
  }
}
