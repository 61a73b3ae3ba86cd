/** What GitHub states about the job that a token was signed for. Texts are spelled as in the token. */
export interface WorkflowClaims {
  /** Such as `repo:OWNER/REPO:ref:refs/heads/main`. */
  subject: string;
  /** `OWNER/REPO` */
  repository: string;
  /** Digits; unique at GitHub. */
  runId: string;
  /** From 1: a run that is run again has the same id. */
  runAttempt: string;
  ref: string;
  /** Such as `push`. */
  eventName: string;
  /** Of the job, if it has one. */
  environment?: string;
  /** Login of whoever caused the run. */
  actor?: string;
  /** `OWNER/REPO/PATH@REF` of the workflow that was triggered. */
  workflowRef?: string;
  /** Of the file that the job is written in: of the reusable workflow, if it is one's. */
  jobWorkflowRef?: string;
  /** `github-hosted` or `self-hosted`. */
  runnerEnvironment?: string;
  /** Seconds since the epoch. */
  expiresAt: number;
}

/** Names of the claims that every GitHub server has, with the values that they can have. */
const REQUIRED = {
  sub: /^.+$/s,
  // Without `#`, which separates the parts of a run's key.
  repository: /^[\w.-]+\/[\w.-]+$/,
  run_id: /^\d{1,20}$/,
  run_attempt: /^[1-9]\d{0,9}$/,
  ref: /^.*$/s,
  event_name: /^\w+$/,
} as const;

/**
 * Reads the claims of a token whose signature was verified.
 *
 * @param refuse is called with the name of a claim that is missing, or not what GitHub documents
 */
export function readClaims(payload: Readonly<Record<string, unknown>>, refuse: (claim: string) => never): WorkflowClaims {
  const required = (claim: keyof typeof REQUIRED): string => {
    const value = payload[claim];
    return typeof value === "string" && REQUIRED[claim].test(value) ? value : refuse(claim);
  };
  const optional = <K extends string>(key: K, claim: string): { [P in K]?: string } => {
    const value = payload[claim];
    return (typeof value === "string" && value !== "" ? { [key]: value } : {}) as { [P in K]?: string };
  };
  return {
    subject: required("sub"),
    repository: required("repository"),
    runId: required("run_id"),
    runAttempt: required("run_attempt"),
    ref: required("ref"),
    eventName: required("event_name"),
    ...optional("environment", "environment"),
    ...optional("actor", "actor"),
    ...optional("workflowRef", "workflow_ref"),
    ...optional("jobWorkflowRef", "job_workflow_ref"),
    ...optional("runnerEnvironment", "runner_environment"),
    expiresAt: Number(payload["exp"]),
  };
}

/**
 * The subject without the ids that GitHub puts into those of repositories created, renamed or moved after 15 July 2026:
 * `repo:OWNER@1/REPO@2:ref:...` instead of `repo:OWNER/REPO:ref:...`.
 */
export function withoutIds(subject: string): string {
  return subject.replace(/^repo:([^/:@]+)@\d+\/([^/:@]+)@\d+(?=:|$)/, "repo:$1/$2");
}
