/** What the output `workflowYaml` says besides starting and stopping the machine. */
export interface WorkflowArgs {
  /** Name of the workflow. Default: `e2e`. */
  name?: string;

  /**
   * Branches whose pushes run it, by name or pattern. A push or dispatch starts the machine only if its ref is one of `subjects`. Limits: at
   * least one; each name is one of `subjects`, if any of these is a branch. Default: `main`.
   */
  branches?: string[];

  /**
   * Label of a pull request that makes it run for each push to that request. Code that is not merged then runs on a machine whose disk
   * later runs use. A fork's pull request never runs. Limits: requires a subject of pull requests, or `environment`. Default: pull requests
   * do not run it.
   */
  pullRequestLabel?: string;

  /**
   * Environment of the repository in which its jobs that control the machine run. Its reviewers and wait timers hold the job that stops the
   * machine as well, so limit its branches instead. Limits: named by one of `subjects`. Default: none.
   */
  environment?: string;

  /** Shell command of the job on the machine. Default: `make test`. */
  command?: string;

  /**
   * Seconds after which GitHub cancels the job on the machine. Limits: whole minutes, 60 to `maxSession` minus the
   * greater of `bootTimeout` and `firstBootTimeout`. Default: 2100.
   */
  jobTimeout?: number;
}
