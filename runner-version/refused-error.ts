/** The digests do not allow the move, or cannot be read: exit code 2. The message names the cause and the remedy in one line. */
export class RefusedError extends Error {}
