import type { PoolRegistration } from "../../../contract/workflow-jobs/ledger";

/** What decides which pool serves a job. */
export interface JobTraits {
  /** In lower case. */
  labels: readonly string[];
  /** `owner/name`. */
  repository: string;
}

/**
 * `unserved`: ours, but no pool has all its labels. `foreign`: a job of GitHub's own runners or of another system, about which
 * nothing is stored.
 */
export type Placement = { pool: string; rerunLostJobs?: boolean } | "unserved" | "foreign";

/** GitHub gives every self-hosted runner this label, and its own runners never have it. */
const SELF_HOSTED = "self-hosted";

/**
 * @param ours patterns of labels (`*` stands for any text) of jobs that are ours although no pool serves them.
 */
export function placementOf(job: JobTraits, pools: readonly PoolRegistration[], ours: readonly string[]): Placement {
  const pool = servingPool(job, pools);
  if (pool) return { pool: pool.pool, ...(pool.rerunLostJobs ? { rerunLostJobs: true } : {}) };
  return isOurs(job, ours) ? "unserved" : "foreign";
}

/**
 * The pool that serves a job: it has all the job's labels. Of several, the one with the fewest labels to spare, so that a plain
 * job does not occupy a special machine; then the one with the higher priority; then the first by name, so that every process
 * decides alike.
 */
export function servingPool(job: JobTraits, pools: readonly PoolRegistration[]): PoolRegistration | undefined {
  // A job without labels is GitHub's error or a reusable workflow's placeholder: it would match every pool.
  if (job.labels.length === 0) return undefined;
  return pools.filter((pool) => serves(pool, job)).sort(byFit)[0];
}

function serves({ labels, repository }: PoolRegistration, job: JobTraits): boolean {
  if (repository !== undefined && repository.toLowerCase() !== job.repository.toLowerCase()) return false;
  return job.labels.every((label) => labels.includes(label));
}

function byFit(a: PoolRegistration, b: PoolRegistration): number {
  // Both have all the job's labels, so fewer labels are fewer to spare.
  return a.labels.length - b.labels.length || b.priority - a.priority || (a.pool < b.pool ? -1 : 1);
}

function isOurs({ labels }: JobTraits, patterns: readonly string[]): boolean {
  return labels.some((label) => label === SELF_HOSTED || patterns.some((pattern) => matches(label, pattern)));
}

/** Without a regular expression: the labels are anyone's who may write a workflow, and `*` twice in one can take long. */
export function matches(label: string, pattern: string): boolean {
  const [first = "", ...rest] = pattern.toLowerCase().split("*");
  const text = label.toLowerCase();
  if (rest.length === 0) return text === first;
  const last = rest.pop()!;
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
  const end = text.length - last.length;
  let from = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, from);
    if (found < 0 || found + part.length > end) return false;
    from = found + part.length;
  }
  return true;
}
