/**
 * Bounds for every AWS client. The SDK's own default is to wait for an answer without end, and its request timeout
 * only warns unless told to throw. Three tries of at most 3 s each keep a call below the shortest function timeout.
 */
export const CLIENT_OPTIONS = {
  maxAttempts: 3,
  requestHandler: {
    connectionTimeout: 1000,
    requestTimeout: 3000,
    throwOnRequestTimeout: true,
  },
} as const;

/** The SDK's errors carry AWS's error code as their name. */
export function isAwsError(error: unknown, code: string): boolean {
  return error instanceof Error && error.name === code;
}
