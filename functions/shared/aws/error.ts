/** The SDK's errors carry AWS's error code as their name. */
export function isAwsError(error: unknown, code: string): boolean {
  return error instanceof Error && error.name === code;
}
