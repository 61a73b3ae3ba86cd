/** What GitHub knows of what caused a job, and puts into the tokens that it signs for it. */
export interface JobTrigger {
  /** Such as `push`. */
  event: string;
  /** Such as `refs/heads/main`, or `refs/pull/7/merge` of a pull request. */
  ref: string;
  sha: string;
  /** Of a pull request: its branch, and the one that it is to be merged into. */
  headRef?: string;
  baseRef?: string;
  /** A pull request from a fork: its jobs have no permission to write, so they get no token. */
  isFromFork?: boolean;
  /** Login. Default `octocat`. */
  actor?: string;
  /** Of the workflow, in its repository. Default: by its name. */
  workflowPath?: string;
  /** That the job refers to. */
  environment?: string;
  /** The reusable workflow that the job is written in, as `OWNER/REPO/PATH@REF`. */
  reusable?: { ref: string; sha: string };
}

/** A job for which tokens can be requested. */
export interface WorkflowIdentity extends JobTrigger {
  /** `OWNER/REPO` */
  repository: string;
  run: { id: number; number: number; attempt: number };
  /** Name of the workflow. */
  workflow: string;
  runner: "github-hosted" | "self-hosted";
  /** Of the job in the REST API. */
  checkRunId?: number;
}

/** How the owner of a repository has customized the subjects of its tokens. */
export interface SubjectSettings {
  /** As in repositories created after 15 July 2026: the ids of owner and repository are in it. Default: false. */
  immutable?: boolean;
  /** `include_claim_keys` of the REST API; absent: the default form. */
  claimKeys?: readonly string[];
}
