import type { Clock } from "../../clock";
import type { Fleet } from "./fleet";
import type { Instance } from "./instance";

/** Describe calls that answer as EC2 was some time ago. */
interface StaleRead {
  /** Absent: of any instance, also one that is not launched yet. */
  instanceId?: string;
  /** How old the answer is, in milliseconds. */
  ms: number;
  /** How many reads of one instance are stale; absent: all, until the fault is removed. */
  times?: number;
}

type Shown = Pick<Instance, "state" | "reason" | "transition" | "launchedAt" | "publicIp">;

/** States of each instance that are kept: more than one start and stop have. */
const KEPT = 16;

/**
 * EC2 is eventually consistent: for seconds, and at times minutes, a read may not show what an accepted call has changed, and after a
 * launch it may not know the instance. Without a fault, reads here are current.
 */
export class StaleReads {
  private readonly active: { fault: StaleRead; left: number }[] = [];
  private readonly history = new Map<string, { at: number; shown: Shown }[]>();

  constructor(
    private readonly clock: Pick<Clock, "now">,
    fleet: Fleet,
  ) {
    fleet.onState((instance) => {
      // Of a pool's instances there may be hundreds of thousands, and no scenario of theirs has stale reads.
      if (instance.own) this.keep(instance);
    });
  }

  /** Returns a function that removes the fault. */
  inject(fault: StaleRead): () => void {
    const entry = { fault, left: fault.times ?? Infinity };
    this.active.push(entry);
    return () => {
      const index = this.active.indexOf(entry);
      if (index >= 0) this.active.splice(index, 1);
    };
  }

  /** As a read shows the instance; undefined if it does not know it yet. Counts the read. */
  shown(instance: Instance): Instance | undefined {
    const entry = this.active.find(({ fault, left }) => left > 0 && (fault.instanceId ?? instance.id) === instance.id);
    if (!entry || !instance.own) return instance;
    entry.left--;
    const then = this.clock.now() - entry.fault.ms;
    const found = (this.history.get(instance.id) ?? []).filter(({ at }) => at <= then).at(-1);
    return found && { ...instance, ...found.shown };
  }

  private keep({ id, state, reason, transition, launchedAt, publicIp }: Instance): void {
    const earlier = this.history.get(id) ?? [];
    const now = { at: this.clock.now(), shown: { state, reason, transition, launchedAt, publicIp } };
    this.history.set(id, [...earlier.slice(1 - KEPT), now]);
  }
}
