/** A workflow file or an action that GitHub, or this stand-in, does not run. */
export class WorkflowError extends Error {
  constructor(
    readonly file: string,
    readonly problems: readonly string[],
  ) {
    super([`${file} cannot be run:`, ...problems.map((problem) => `- ${problem}`)].join("\n"));
    this.name = "WorkflowError";
  }
}
