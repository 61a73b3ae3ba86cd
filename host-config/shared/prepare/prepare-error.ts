/**
 * Why the preparation of a machine failed, complete with the stage: the last line on the console of a launch that is abandoned.
 * docs/operations.md lists each text; test/docs/operations.test.ts compares the two.
 */
export class PrepareError extends Error {
  constructor(text: string) {
    // The user data shows the last three lines, so a reason of several would lose its beginning.
    super(text.trim().replace(/\s*\n\s*/g, " | "));
  }
}
