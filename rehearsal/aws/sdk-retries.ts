import { AwsError } from "./api";

/** The errors that AWS SDKs retry: throttling and server-side errors. */
function isRetryable(error: unknown): boolean {
  return (
    error instanceof AwsError && (error.httpStatus >= 500 || /Throttl|ThroughputExceeded|TooManyRequests|RequestTimeout/.test(error.code))
  );
}

/** The SDK waits 100 ms, 200 ms, 400 ms... between attempts, five times that when throttled, and at most 20 s. */
const FIRST_PAUSE_MS = 100;
const THROTTLED_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 20_000;

/** Retries a call as an SDK client with `maxAttempts` does, for callers that use the stand-in without an SDK client. */
export async function withSdkRetries<T>(attempts: number, call: () => Promise<T>, sleep: (ms: number) => Promise<void>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      if (attempt >= attempts || !isRetryable(error)) throw error;
      const first = /Throttl|ThroughputExceeded/.test((error as AwsError).code) ? THROTTLED_PAUSE_MS : FIRST_PAUSE_MS;
      await sleep(Math.min(first * 2 ** (attempt - 1), LONGEST_PAUSE_MS));
    }
  }
}
