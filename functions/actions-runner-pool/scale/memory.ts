import type { FleetInstance, Memory } from "./policy/types";

/** What one pass leaves to the next, as JSON in the scaler's item. Times are milliseconds since the epoch. */
export interface ScalerMemory {
  policy: Memory;
  /** The instances of the last pass, by id: some 60 characters each, of DynamoDB's 400 KB: see LARGEST_DEMAND_POOL. */
  instances: Readonly<Record<string, Sighting>>;
  /** Running jobs whose wait has been measured. A job runs once: a re-run has an id of its own. */
  measured: readonly string[];
  /** Absent before the first pass. */
  passedAt?: number;
  /** End of the newest failed launch that was counted. */
  failuresUpTo?: number;
  /** When the source last knew the whole queue, as far as this scaler has heard. */
  completeAt?: number;
  /** Why the last pass held, without numbers, so that the log has it once. */
  held?: string;
}

export interface Sighting {
  phase: FleetInstance["phase"];
  /** When it was first seen in this phase. */
  since: number;
  /** It entered service, but its boot has not been measured. */
  unmeasured?: true;
}

const EMPTY: ScalerMemory = { policy: { idleSince: {} }, instances: {}, measured: [] };

/**
 * Anything that cannot be read gives an empty memory: an item of another release must not stop the pool. Then idle times start
 * again, and jobs that run are measured once more.
 */
export function parseMemory(text: string | undefined): ScalerMemory {
  if (text === undefined) return EMPTY;
  try {
    const { policy, instances, measured, ...rest } = JSON.parse(text) as ScalerMemory;
    const sound = typeof policy.idleSince === "object" && typeof instances === "object" && Array.isArray(measured);
    return sound ? { policy, instances, measured, ...rest } : EMPTY;
  } catch {
    return EMPTY;
  }
}
