/** Bounds of a host's calls to AWS. Separate from the clients, which are slow to load. */
export const SDK_CONNECT_MS = 2_000;
export const SDK_REQUEST_MS = 5_000;
export const SDK_ATTEMPTS = 5;
/** Bound of one call with all its attempts. */
export const SDK_CALL_MS = 30_000;
