import type { PoolRegistration } from "../../../contract/workflow-jobs/ledger";
import { DEMAND_TIMING } from "../../../contract/workflow-jobs/timing";
import type { Clock } from "../../shared/lambda/clock";
import { CachedValue } from "../../shared/webhook/cached-value";
import { type JobTraits, type Placement, placementOf } from "./matching";

/** Shortest time between two reads for jobs that no known pool serves, in ms: most such jobs run on GitHub's own runners. */
const REREAD_MS = 5_000;

/** The registered pools as one process knows them. */
export class PoolDirectory {
  private readonly pools: CachedValue<PoolRegistration[]>;

  constructor(
    read: () => Promise<PoolRegistration[]>,
    private readonly ours: readonly string[],
    clock: Clock,
  ) {
    this.pools = new CachedValue(read, clock, DEMAND_TIMING.poolsCache * 1000);
  }

  /**
   * The pools are read again before a job counts as served by none: a pool may have been registered a moment ago.
   *
   * @throws if they cannot be read: GitHub then counts the delivery as failed, and it comes again.
   */
  async placementOf(job: JobTraits): Promise<Placement> {
    const placement = placementOf(job, await this.pools.get(), this.ours);
    if (typeof placement === "object" || this.pools.age() < REREAD_MS) return placement;
    return placementOf(job, await this.pools.refresh(), this.ours);
  }
}
