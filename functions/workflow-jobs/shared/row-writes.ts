import {
  endedJobsList,
  jobKey,
  JOB_RANK,
  type JobRow,
  LEDGER,
  LOST_CONCLUSION,
  openJobsAt,
  openJobsList,
  UNSERVED_LIST,
  WaitCause,
} from "../../../contract/workflow-jobs/ledger";
import { DEMAND_TIMING } from "../../../contract/workflow-jobs/timing";
import { type Condition, outranks } from "../../shared/ledger/expressions";
import type { Write } from "../../shared/ledger/table";
import type { Placement } from "./matching";
import type { ObservedJob } from "./observed-job";

/**
 * Every write to a job's row, as data. Each is one conditional update, safe to repeat and to apply in any order: a row's rank never
 * falls, but for the one case in which GitHub itself holds a queued job back (`holdBack`).
 */

/** Where a row is listed. A job that no pool serves is reported, never waited for in silence. */
export type Served = Exclude<Placement, "foreign">;

/** Attributes that put a row into the index. */
const LISTED = [LEDGER.indexPartitionKey, LEDGER.indexSortKey];
const CAUSE = ["cause", "causeSince"];

/**
 * Expiry of an open row, in seconds since the epoch. The reconciler closes a row without news in half of that time, so only rows
 * of a ledger that no one reconciles expire.
 */
const openExpiry = (now: number) => Math.ceil(now / 1000) + 2 * DEMAND_TIMING.longestQueue;
const completedExpiry = (now: number) => Math.ceil(now / 1000) + DEMAND_TIMING.completedKept;
/** To the millisecond, unlike GitHub's times: a confirmation must compare as later than the event before it. */
const stamp = (now: number) => new Date(now).toISOString();

/** Applies what GitHub reported, if the row does not know as much already. */
export function applyJob(job: ObservedJob, served: Served, now: number): Write {
  const rank = JOB_RANK[job.jobStatus];
  const open = job.jobStatus === "queued" || job.jobStatus === "in_progress";
  const placed = open ? placement(job, served, now) : ended(job, served);
  const { jobStatus, jobId, repository, runId, attempt, workflow, jobName, labels, createdAt, startedAt, completedAt, conclusion } = job;
  const pool = served === "unserved" ? undefined : served.pool;
  return {
    key: jobKey(jobId),
    set: {
      ...{ jobId, jobStatus, rank, repository, runId, attempt, workflow, jobName, labels, createdAt, startedAt, completedAt, conclusion },
      ...{ runner: job.runner, pool, confirmedAt: stamp(now), expiresAt: open ? openExpiry(now) : completedExpiry(now) },
      ...placed.set,
    },
    // A completed row keeps the reason of its last wait, by which a lost job is recognized.
    remove: [...placed.remove, ...(pool === undefined ? ["pool"] : [])],
    when: outranks("rank", rank),
  };
}

/** Opens the row of a job again that was closed as lost, and that GitHub lists nevertheless. Never one that GitHub completed. */
export function reviveJob(job: ObservedJob, served: Served, now: number): Write {
  const { remove = [], ...write } = applyJob(job, served, now);
  return {
    ...write,
    remove: [...remove, "conclusion", "completedAt"],
    when: { attribute: "conclusion", is: "=", value: LOST_CONCLUSION },
  };
}

/** Moves a queued row to the pool that serves it now, or to those that none serves. Refused if it is there. */
export function moveJob({ jobId, createdAt }: Pick<JobRow, "jobId" | "createdAt">, served: Served, now: number): Write {
  const { set, remove } = placement({ jobId, createdAt, jobStatus: "queued" }, served, now);
  const pool = served === "unserved" ? undefined : served.pool;
  return {
    key: jobKey(jobId),
    set: { ...set, pool },
    remove: [...remove, ...(pool ? [] : ["pool"])],
    when: { all: [stillQueued(), pool === undefined ? { present: "pool" } : isNot("pool", pool)] },
  };
}

/** GitHub reports the same of the job as before. */
export function confirmJob(row: JobRow, now: number): Write {
  const { rank } = row;
  return {
    key: jobKey(row.jobId),
    set: { confirmedAt: stamp(now), expiresAt: openExpiry(now) },
    when: { all: [{ attribute: "rank", is: "=", value: rank }, olderThan(now)] },
  };
}

/**
 * GitHub holds a queued job back again. The only way in which a rank falls, so it demands that no event came after the read.
 *
 * @param readAt before GitHub was asked.
 */
export function holdBack(row: JobRow, readAt: number): Write {
  return {
    key: jobKey(row.jobId),
    set: { jobStatus: "waiting", rank: JOB_RANK.waiting, confirmedAt: stamp(readAt) },
    remove: [...LISTED, ...CAUSE],
    when: { all: [stillQueued(), olderThan(readAt)] },
  };
}

/** Closes a row of a job that GitHub does not know, or did not confirm for longer than a job can be queued. */
export function closeLost(row: JobRow, now: number): Write {
  return {
    key: jobKey(row.jobId),
    set: {
      ...{ jobStatus: "completed", rank: JOB_RANK.completed, conclusion: LOST_CONCLUSION },
      ...{ completedAt: stamp(now), confirmedAt: stamp(now), expiresAt: completedExpiry(now) },
    },
    remove: LISTED,
    when: {
      all: [
        { attribute: "rank", is: "=", value: row.rank },
        { attribute: "confirmedAt", is: "=", value: row.confirmedAt },
      ],
    },
  };
}

/** Records why a queued job waits; undefined: nothing keeps it from a runner. */
export function setCause(row: JobRow, cause: WaitCause | undefined, now: number): Write {
  const change = cause === undefined ? { remove: CAUSE } : { set: { cause, causeSince: stamp(now) } };
  return { key: jobKey(row.jobId), ...change, when: stillQueued() };
}

/** Claims the one re-run of a job. Refused if another has claimed it. */
export function claimRerun(jobId: number, now: number): Write {
  return {
    key: jobKey(jobId),
    set: { rerunAt: stamp(now) },
    when: { all: [{ absent: "rerunAt" }, { attribute: "rank", is: "=", value: JOB_RANK.completed }] },
  };
}

/** Gives the claim back: GitHub has certainly not run it again. */
export function releaseRerun(jobId: number): Write {
  return { key: jobKey(jobId), remove: ["rerunAt"], when: { present: "rerunAt" } };
}

/** Takes a completed row out of the list of those that may have to run again. */
export function settleEnded(jobId: number): Write {
  return { key: jobKey(jobId), remove: LISTED, when: { attribute: "rank", is: "=", value: JOB_RANK.completed } };
}

/** How GitHub ends a job that no runner took. */
const ENDS: readonly (string | undefined)[] = ["cancelled", "failure", "timed_out"];

/** Whether GitHub ended a job that no runner took. */
export function endedWithoutRunner({ jobStatus, conclusion, startedAt }: Pick<JobRow, "jobStatus" | "conclusion" | "startedAt">): boolean {
  return jobStatus === "completed" && ENDS.includes(conclusion) && startedAt === undefined;
}

/** Only the row knows whether it was lost, and the reconciler finds it in this list. */
function ended(job: ObservedJob, served: Served) {
  if (served === "unserved" || !served.rerunLostJobs || !endedWithoutRunner(job)) return { set: {}, remove: LISTED };
  const listed = { [LEDGER.indexPartitionKey]: endedJobsList(served.pool), [LEDGER.indexSortKey]: openJobsAt(job.createdAt, job.jobId) };
  return { set: listed, remove: [] };
}

function placement(job: Pick<ObservedJob, "jobId" | "createdAt" | "jobStatus">, served: Served, now: number) {
  const list = served === "unserved" ? UNSERVED_LIST : openJobsList(served.pool);
  const listed = { [LEDGER.indexPartitionKey]: list, [LEDGER.indexSortKey]: openJobsAt(job.createdAt, job.jobId) };
  const unserved = served === "unserved" && job.jobStatus === "queued";
  return unserved ? { set: { ...listed, cause: WaitCause.NoPool, causeSince: stamp(now) }, remove: [] } : { set: listed, remove: CAUSE };
}

const stillQueued = (): Condition => ({ attribute: "rank", is: "=", value: JOB_RANK.queued });
/** Also of a row without the attribute. */
const isNot = (attribute: string, value: string): Condition => ({
  any: [{ absent: attribute }, { attribute, is: "<", value }, { attribute, is: ">", value }],
});
const olderThan = (time: number): Condition => ({ attribute: "confirmedAt", is: "<", value: stamp(time) });
