/**
 * The command line, a file or the repository does not allow the command: exit code 2, which no override changes. The
 * message names the cause, the value and the remedy.
 */
export class RefusedError extends Error {}
