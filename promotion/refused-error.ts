/**
 * The command line, a file or the repository does not allow a judgement: exit code 2, and no override helps. The text
 * names what, the value and the remedy.
 */
export class RefusedError extends Error {}
