import { JOB_RANK, type JobRow, type PoolRegistration } from "../../../contract/workflow-jobs/ledger";
import type { WorkflowJob } from "../../shared/github/api";
import type { Clock } from "../../shared/lambda/clock";
import type { Log } from "../../shared/lambda/observer";
import type { Write } from "../../shared/ledger/table";
import { type ServedAccount, servesRepository } from "../shared/account";
import type { JobLedger } from "../shared/job-ledger";
import { type JobTraits, type Placement, placementOf } from "../shared/matching";
import { type ObservedJob, observedJob } from "../shared/observed-job";
import { applyJob, closeLost, confirmJob, holdBack, moveJob, reviveJob, type Served } from "../shared/row-writes";

/** Age in ms below which a row needs no confirmation: its event may still be on its way to GitHub's own database. */
const FRESH_MS = 60_000;

interface TruthPorts {
  ledger: Pick<JobLedger, "write">;
  clock: Pick<Clock, "now">;
}

/** What decides who serves a job. */
interface Serving {
  account: ServedAccount;
  pools: readonly PoolRegistration[];
  /** Patterns of the labels of jobs that are ours although no pool serves them. */
  ours: readonly string[];
}

/**
 * Compares the ledger's open rows with what GitHub says of their jobs, and corrects them. A correction is the same conditional
 * write as an event's, so that an event that arrives meanwhile wins if it knows more.
 */
export class QueueTruth {
  /** Pools whose demand has changed. */
  readonly changed = new Set<string>();
  /** Jobs whose row differed from what GitHub says. */
  repaired = 0;
  private readonly rows: Map<number, JobRow>;
  /** Jobs of which GitHub has been asked. */
  private readonly settled = new Set<number>();

  constructor(
    open: readonly JobRow[],
    private readonly serving: Serving,
    private readonly ports: TruthPorts,
    private readonly log: Log,
  ) {
    this.rows = new Map(open.map((row) => [row.jobId, row]));
  }

  /** Open rows as they are now known. */
  get open(): JobRow[] {
    return [...this.rows.values()];
  }

  /** Open rows without news for a minute, of which GitHub has not been asked; the longest without news first. */
  get unconfirmed(): JobRow[] {
    const before = this.ports.clock.now() - FRESH_MS;
    return this.open
      .filter((row) => !this.settled.has(row.jobId) && Date.parse(row.confirmedAt) < before)
      .sort((a, b) => Date.parse(a.confirmedAt) - Date.parse(b.confirmedAt));
  }

  poolOf(row: JobRow): PoolRegistration | undefined {
    return this.serving.pools.find(({ pool }) => pool === row.pool);
  }

  /** @param readAt before GitHub was asked, in ms since the epoch. */
  async observe(reported: WorkflowJob, repository: string, readAt: number, signal: AbortSignal): Promise<void> {
    const job = observedJob(reported, repository);
    this.settled.add(job.jobId);
    const row = this.rows.get(job.jobId);
    if (!row) return this.add(job, signal);
    const rank = JOB_RANK[job.jobStatus];
    if (rank > row.rank) await this.raise(row, job, signal);
    else if (rank === row.rank) await this.confirm(row, signal);
    else if (row.jobStatus === "queued") await this.hold(row, readAt, signal);
    // Else GitHub's answer is older than the event: a job that ran is not queued again.
  }

  /** GitHub does not know the job, or has not confirmed it for longer than one can be queued. */
  async lose(row: JobRow, reason: string, signal: AbortSignal): Promise<void> {
    this.settled.add(row.jobId);
    const { jobId, repository, pool } = row;
    if ((await this.write(closeLost(row, this.ports.clock.now()), signal)) === "refused") return;
    this.log.warn("an open job is lost; its row was closed", { jobId, repository, pool, reason });
    this.close(row);
  }

  /** Moves queued rows to the pools that serve them now, after a pool came, went or changed its labels. */
  async replace(signal: AbortSignal): Promise<void> {
    for (const row of this.open.filter(({ jobStatus }) => jobStatus === "queued")) {
      const now = servedBy(this.placementOf(row));
      const pool = now === "unserved" ? undefined : now.pool;
      if (pool === row.pool || (await this.write(moveJob(row, now, this.ports.clock.now()), signal)) === "refused") continue;
      this.touch(row.pool, pool);
      this.rows.set(row.jobId, { ...row, pool, cause: undefined });
      if (pool === undefined) this.reportUnserved(row);
      else this.log.info("a waiting job has another pool", { jobId: row.jobId, repository: row.repository, pool });
    }
  }

  /**
   * A job that runs or can run, without an open row: its delivery was lost, its row was closed as lost, or its row is in the list of a
   * pool that is no longer registered, which no one reads. Unless it is completed meanwhile, or foreign.
   */
  private async add(job: ObservedJob, signal: AbortSignal): Promise<void> {
    if (job.jobStatus !== "queued" && job.jobStatus !== "in_progress") return;
    const placement = this.placementOf(job);
    if (placement === "foreign") return;
    const now = this.ports.clock.now();
    const { jobId, jobStatus, repository } = job;
    const found = { jobId, jobStatus, repository, pool: placement === "unserved" ? undefined : placement.pool };
    for (const write of [applyJob(job, placement, now), reviveJob(job, placement, now)]) {
      if ((await this.write(write, signal)) === "refused") continue;
      this.log.info("added a job whose delivery was lost", found);
      return this.added(job, found.pool, now);
    }
    if (jobStatus !== "queued" || (await this.write(moveJob(job, placement, now), signal)) === "refused") return;
    this.log.info("moved a job from a pool that is gone", found);
    this.added(job, found.pool, now);
  }

  private placementOf(job: JobTraits): Placement {
    if (!servesRepository(this.serving.account, job.repository)) return "foreign";
    return placementOf(job, this.serving.pools, this.serving.ours);
  }

  private added(job: ObservedJob, pool: string | undefined, now: number): void {
    const { jobId, jobStatus } = job;
    this.noteRepair(pool);
    this.rows.set(jobId, { ...job, rank: JOB_RANK[jobStatus], pool, confirmedAt: new Date(now).toISOString(), expiresAt: Infinity });
    if (pool === undefined && jobStatus === "queued") this.reportUnserved(job);
  }

  private async raise(row: JobRow, job: ObservedJob, signal: AbortSignal): Promise<void> {
    const served: Served = row.pool === undefined ? "unserved" : { pool: row.pool, rerunLostJobs: this.poolOf(row)?.rerunLostJobs };
    const now = this.ports.clock.now();
    if ((await this.write(applyJob(job, served, now), signal)) === "refused") return;
    const { jobId, jobStatus, repository } = job;
    this.log.info("corrected a job", { jobId, was: row.jobStatus, jobStatus, repository, pool: row.pool });
    if (jobStatus === "completed") this.close(row);
    else {
      this.rows.set(jobId, { ...row, jobStatus, rank: JOB_RANK[jobStatus], confirmedAt: new Date(now).toISOString(), cause: undefined });
      this.noteRepair(row.pool);
    }
  }

  private async confirm(row: JobRow, signal: AbortSignal): Promise<void> {
    const now = this.ports.clock.now();
    if (now - Date.parse(row.confirmedAt) >= FRESH_MS) await this.write(confirmJob(row, now), signal);
  }

  private async hold(row: JobRow, readAt: number, signal: AbortSignal): Promise<void> {
    if ((await this.write(holdBack(row, readAt), signal)) === "refused") return;
    this.log.info("GitHub holds a queued job back", { jobId: row.jobId, repository: row.repository, pool: row.pool });
    this.close(row);
  }

  private close(row: JobRow): void {
    this.rows.delete(row.jobId);
    this.noteRepair(row.pool);
  }

  private noteRepair(pool: string | undefined): void {
    this.repaired += 1;
    this.touch(pool);
  }

  private touch(...pools: (string | undefined)[]): void {
    for (const pool of pools) if (pool !== undefined) this.changed.add(pool);
  }

  private reportUnserved({ jobId, repository, labels }: Pick<JobRow, "jobId" | "repository" | "labels">): void {
    this.log.warn("a job waits that no pool serves: no pool has all its labels", { jobId, repository, labels: labels.join(", ") });
  }

  private write(write: Write, signal: AbortSignal): Promise<"applied" | "refused"> {
    return this.ports.ledger.write(write, signal);
  }
}

/** A row's job was ours once, so that it stays reported. */
function servedBy(placement: Placement): Served {
  return placement === "foreign" ? "unserved" : placement;
}
