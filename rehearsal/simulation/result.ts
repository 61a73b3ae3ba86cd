import type { SimulationOptions } from "./options";
import type { Totals } from "./tally";

/** The results of a simulation; a plain object. */
export interface SimulationResult {
  options: SimulationOptions;
  jobs: Totals["jobs"];
  instances: Totals["instances"] & { hours: number };
  calls: {
    host: Totals["hostCalls"];
    functions: Record<string, number>;
    /** Attempts that failed because of an incident. */
    faulted: number;
    github: { total: number; busiest: number; refused: number; kinds: Record<string, number> };
  };
  rates: { awsPerInstanceHour: number; hostPerJob: number; perTermination: number; githubPerInstanceHour: number };
  longestTailSeconds: number;
  functionErrors: number;
  left: string[];
  /** Why the simulation failed; empty on success. */
  failures: string[];
}
