import type { PoolRegistration } from "../workflow-jobs/ledger";
import type { Schedule } from "./schedules";

/**
 * Most instances of a pool that follows its queue. The scaler's memory is one item of the ledger, of at most 400 KB, and an instance takes
 * up to 120 bytes of it; an instance refresh may add a tenth to the group.
 */
export const LARGEST_DEMAND_POOL = 3000;

/** What the component gives to the scaler, as JSON in its environment. Times are seconds. */
export interface DemandSettings {
  /** For which an instance idles before it may leave. */
  idleTimeout: number;
  /** Runners kept idle beyond the queue. */
  minIdle: number;
  /** Floors of instances in service. */
  schedules: readonly Schedule[];
}

/** Input of the invocation with which the stack makes the pool known to its source, and with whose deletion it is removed. */
export interface RegisterPoolInput {
  /** Name of the pool; the function serves one pool and ignores any other name. */
  pool: string;
  task: "register-pool";
  /** Of the source. The function has it from its environment; here it makes another source another input, at which the stack registers anew. */
  tableArn: string;
  registration: Omit<PoolRegistration, "pool">;
}
