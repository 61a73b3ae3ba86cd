/** The rules that are compared. Each decides from what its source knows and from the group, as a scaler does. */
import { decide } from "../../functions/actions-runner-pool/scale/policy/decide";
import type { Decision, Fleet, Memory, ScalingSettings } from "../../functions/actions-runner-pool/scale/policy/types";
import type { Demand } from "../../functions/shared/demand/source";
import { DEMAND_TIMING } from "../../contract/workflow-jobs/timing";

export interface Rule {
  /** Instances at midnight. */
  initial: number;
  /** Seconds after which an idle instance terminates itself. */
  selfTermination?: number;
  /** One pass of the scaler. Times are milliseconds. */
  pass?(demand: Demand, fleet: Fleet, now: number): Pick<Decision, "desired" | "terminate">;
}

/** Defaults of a pool's arguments. */
export const SETTINGS: ScalingSettings = {
  idleTimeout: 60_000,
  minIdle: 0,
  staleAfter: DEMAND_TIMING.staleAfter * 1000,
  notAssignedAfter: DEMAND_TIMING.notAssignedAfter * 1000,
};

/** The policy of this project, the same code as in the function. */
export function ourRule(): Rule {
  let memory: Memory = { idleSince: {} };
  return {
    initial: 0,
    pass(demand, fleet, now) {
      const decision = decide({ demand, fleet, scheduledFloor: 0, memory }, SETTINGS, now);
      memory = decision.memory;
      return decision;
    },
  };
}

/**
 * Buildkite's elastic stack at its defaults: as many instances as jobs that run or wait; the capacity is only raised, and an agent that
 * idles for 10 minutes terminates its instance.
 */
export function buildkiteRule(): Rule {
  return {
    initial: 0,
    selfTermination: 600,
    pass({ waiting, running }, { desired }) {
      const needed = waiting.length + running.length;
      return { ...(needed > desired ? { desired: needed } : {}), terminate: [] };
    },
  };
}

/** A fleet of one size for the whole day. */
export function fixedFleet(size: number): Rule {
  return { initial: size };
}
