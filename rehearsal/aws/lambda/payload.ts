/** Bytes of a synchronous invocation's input and of its result. */
export const SYNCHRONOUS_BYTES = 6 * 1024 * 1024;
/** Bytes of an asynchronous invocation's input. */
export const ASYNCHRONOUS_BYTES = 1024 * 1024;

export function tooLarge(limit: number): string {
  return `Request must be smaller than ${limit} bytes for the InvokeFunction operation`;
}
