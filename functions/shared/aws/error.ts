/** The SDK's errors carry AWS's error code as their name. */
export function isAwsError(error: unknown, code: string): boolean {
  return error instanceof Error && error.name === code;
}

/** By which AWS says, with an HTTP status of its own faults as well, that it did not even begin. */
const THROTTLES = ["RequestLimitExceeded", "Throttling", "ThrottlingException", "TooManyRequestsException"];

/** Whether AWS has certainly not done what was asked. A timeout, a broken connection, or a fault of its own leaves that open. */
export function isRefusal(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (THROTTLES.includes(error.name)) return true;
  // The SDK calls each error that it does not know by name the client's.
  const { $fault, $metadata } = error as { $fault?: unknown; $metadata?: { httpStatusCode?: number } };
  return $fault === "client" && ($metadata?.httpStatusCode ?? 400) < 500;
}
