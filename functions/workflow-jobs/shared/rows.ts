import { JOB_RANK, type JobRow, type JobStatus, type PoolRegistration, type WaitCause } from "../../../contract/workflow-jobs/ledger";
import type { Item } from "../../shared/ledger/attributes";

/** Undefined if the item lacks what every row has. */
export function toJobRow(item: Item): JobRow | undefined {
  const { jobId, jobStatus, repository, runId, attempt, createdAt, confirmedAt, expiresAt, labels } = item;
  if (typeof jobId !== "number" || typeof jobStatus !== "string" || !(jobStatus in JOB_RANK)) return undefined;
  if (typeof repository !== "string" || typeof createdAt !== "string" || typeof confirmedAt !== "string") return undefined;
  return {
    jobId,
    jobStatus: jobStatus as JobStatus,
    rank: JOB_RANK[jobStatus as JobStatus],
    repository,
    runId: Number(runId),
    attempt: Number(attempt),
    labels: isTexts(labels) ? [...labels] : [],
    createdAt,
    confirmedAt,
    expiresAt: Number(expiresAt),
    ...texts(item, ["workflow", "jobName", "startedAt", "completedAt", "conclusion", "runner", "pool", "causeSince", "rerunAt"]),
    ...(typeof item.cause === "string" ? { cause: item.cause as WaitCause } : {}),
  };
}

/** Undefined if the item is no registration. */
export function toPool(item: Item): PoolRegistration | undefined {
  const { pool, labels, priority, rerunLostJobs } = item;
  if (typeof pool !== "string" || !isTexts(labels)) return undefined;
  return {
    pool,
    labels: labels.map((label) => label.toLowerCase()),
    priority: typeof priority === "number" ? priority : 0,
    rerunLostJobs: rerunLostJobs === true,
    ...texts(item, ["runnerGroup", "repository"]),
  };
}

function texts<K extends string>(item: Item, names: readonly K[]): Partial<Record<K, string>> {
  const found: Partial<Record<K, string>> = {};
  for (const name of names) if (typeof item[name] === "string") found[name] = item[name];
  return found;
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}
