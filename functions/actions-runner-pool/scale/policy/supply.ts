import type { RunningJob } from "../../../shared/demand/source";
import type { Fleet, FleetInstance } from "./types";

/** The group's instances, without those that leave, by what they can do for the queue. */
export interface Runners {
  present: number;
  /** With a job, by AWS's or the source's word; includes jobs whose runner the source does not know. */
  busy: number;
  /** In service and without a known job. */
  idle: readonly FleetInstance[];
  /** How many of `idle` can take a job: each job on an unknown runner occupies one. */
  free: number;
  /** Busy ones whose job the source does not know, neither by its runner nor as one on an unknown runner. */
  unexplained: number;
  booting: number;
}

/**
 * Either word suffices to count an instance as busy: protection is set about a second after a job starts, and the source may
 * have missed the start, or the end. A job on a runner that is not in the group needs no place in it: its instance leaves, or is gone.
 */
export function countRunners(running: readonly RunningJob[], { instances }: Fleet): Runners {
  const named = new Set(running.map(({ runner }) => runner));
  const present = instances.filter(({ phase }) => phase !== "leaving");
  const isBusy = ({ id, busy }: FleetInstance) => busy || named.has(id);
  const busy = present.filter(isBusy);
  const idle = present.filter((one) => one.phase === "in service" && !isBusy(one));
  // Jobs on unknown runners explain protected instances first.
  const unexplained = busy.filter(({ id }) => !named.has(id)).length;
  const unnamed = running.filter(({ runner }) => runner === undefined).length;
  const hidden = Math.min(idle.length, Math.max(0, unnamed - unexplained));
  return {
    present: present.length,
    busy: busy.length + hidden,
    idle,
    free: idle.length - hidden,
    unexplained: Math.max(0, unexplained - unnamed),
    booting: present.length - busy.length - idle.length,
  };
}
