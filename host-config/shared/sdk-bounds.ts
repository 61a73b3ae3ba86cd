/** Bounds of the calls to AWS that programs on a host make; apart from the clients, which take long to load. */
export const SDK_CONNECT_MS = 2_000;
export const SDK_REQUEST_MS = 5_000;
export const SDK_ATTEMPTS = 5;
/** One call with all its attempts. */
export const SDK_CALL_MS = 30_000;
