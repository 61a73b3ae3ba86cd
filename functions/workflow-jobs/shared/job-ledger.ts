import {
  endedJobsList,
  type JobRow,
  openJobsList,
  POOLS_LIST,
  type PoolRegistration,
  poolKey,
  repositoryKey,
  UNSERVED_LIST,
} from "../../../contract/workflow-jobs/ledger";
import { DEMAND_TIMING } from "../../../contract/workflow-jobs/timing";
import type { Clock } from "../../shared/lambda/clock";
import type { LedgerTable, Write } from "../../shared/ledger/table";
import { toJobRow, toPool } from "./rows";

/** Time between two notes that a repository is active, in ms; with it a busy repository costs one write an hour and process. */
export const NOTE_MS = 3_600_000;

/** For which a repository counts as active after the last job of a pool, in seconds: 48 h. */
export const REPOSITORY_ACTIVE = 172_800;

/** The jobs and pools in the table. What is written is decided in row-writes.ts. */
export class JobLedger {
  constructor(
    private readonly table: LedgerTable,
    private readonly clock: Pick<Clock, "now">,
  ) {}

  write(write: Write, signal?: AbortSignal): Promise<"applied" | "refused"> {
    return this.table.update(write, signal);
  }

  /** Of a pool, or of those that no pool serves; oldest first. */
  async openJobs(pool: string | undefined, signal?: AbortSignal): Promise<JobRow[]> {
    const items = await this.table.list(pool === undefined ? UNSERVED_LIST : openJobsList(pool), signal);
    return items.flatMap((item) => toJobRow(item) ?? []);
  }

  /** Completed without a runner, of a pool that runs lost jobs again; oldest first. */
  async endedJobs(pool: string, signal?: AbortSignal): Promise<JobRow[]> {
    const items = await this.table.list(endedJobsList(pool), signal);
    return items.flatMap((item) => toJobRow(item) ?? []);
  }

  async pools(signal?: AbortSignal): Promise<PoolRegistration[]> {
    const items = await this.table.list(POOLS_LIST, signal);
    return items.flatMap((item) => toPool(item) ?? []);
  }

  /**
   * Whether the caller may signal the pool's scaler now: of all processes only one may in each interval. The scaler reads the
   * ledger after the interval, and so sees what the others have written.
   */
  async maySignal(pool: string, signal?: AbortSignal): Promise<boolean> {
    const now = this.clock.now();
    const due = { attribute: "signalledAt", is: "<=", value: now - DEMAND_TIMING.signalInterval * 1000 } as const;
    const write: Write = {
      key: poolKey(pool, "signal"),
      set: { signalledAt: now, expiresAt: Math.ceil(now / 1000) + DEMAND_TIMING.poolStateKept },
      // A time in the future is that of a process whose clock is wrong; it must not silence the pool.
      when: { any: [{ absent: "signalledAt" }, due, { attribute: "signalledAt", is: ">", value: now + 60_000 }] },
    };
    return (await this.table.update(write, signal)) === "applied";
  }

  /** Notes that a job of ours was seen in the repository, at most once in an hour. */
  async noteRepository(repository: string, signal?: AbortSignal): Promise<void> {
    const now = this.clock.now();
    await this.table.update(
      {
        key: repositoryKey(repository),
        set: { repository, seenAt: now, expiresAt: Math.ceil(now / 1000) + REPOSITORY_ACTIVE },
        when: { any: [{ absent: "seenAt" }, { attribute: "seenAt", is: "<", value: now - NOTE_MS }] },
      },
      signal,
    );
  }
}
