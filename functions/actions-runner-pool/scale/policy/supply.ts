import type { RunningJob } from "../../../shared/demand/source";
import type { Fleet, FleetInstance } from "./types";

/** The group's instances, without those that leave, by what they can do for the queue. */
export interface Runners {
  present: number;
  /** With a job, by AWS's or the source's word; includes jobs whose runner the source does not know. */
  busy: number;
  /** In the group, with a job, by either's word. */
  working: readonly FleetInstance[];
  /** In service and without a known job. */
  idle: readonly FleetInstance[];
  /** How many of `idle` can take a job: each job on an unknown runner occupies one. */
  free: number;
  /** Those of `working` whose job the source does not know by its runner. */
  unnamed: readonly FleetInstance[];
  /** How many of `unnamed` no job on an unknown runner explains, either. */
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
  const unnamed = busy.filter(({ id }) => !named.has(id));
  const elsewhere = running.filter(({ runner }) => runner === undefined).length;
  const hidden = Math.min(idle.length, Math.max(0, elsewhere - unnamed.length));
  return {
    present: present.length,
    busy: busy.length + hidden,
    working: busy,
    idle,
    free: idle.length - hidden,
    unnamed,
    unexplained: Math.max(0, unnamed.length - elsewhere),
    booting: present.length - busy.length - idle.length,
  };
}
