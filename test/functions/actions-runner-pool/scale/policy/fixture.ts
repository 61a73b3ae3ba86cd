import type { RunningJob, WaitingJob } from "../../../../../functions/shared/demand/source";
import type { Fleet, FleetInstance, ScalingSettings, ScalingState } from "../../../../../functions/actions-runner-pool/scale/policy/types";

/** Milliseconds since the epoch: some Monday. */
export const NOW = Date.UTC(2026, 10, 30, 9);
export const SECOND = 1000;
export const MINUTE = 60_000;

export const SETTINGS: ScalingSettings = { idleTimeout: 60 * SECOND, minIdle: 0, staleAfter: 13 * MINUTE, notAssignedAfter: 90 * SECOND };

/** A job that has waited for some seconds, and that the source has just confirmed. */
export function waiting(id: string, seconds = 5, more: Partial<WaitingJob> = {}): WaitingJob {
  return { id, since: NOW - seconds * SECOND, confirmedAt: NOW, repository: "octo/app", ...more };
}
export const waitingJobs = (count: number, seconds = 5) => Array.from({ length: count }, (_, index) => waiting(`job-${index}`, seconds));

export const runningOn = (runner: string | undefined): RunningJob => ({
  id: `on-${runner}`,
  since: NOW - MINUTE,
  ...(runner && { runner }),
});

const instance = (phase: FleetInstance["phase"], busy: boolean) => (id: string) => ({ id, phase, busy, since: NOW - 10 * MINUTE });
export const booting = instance("booting", false);
export const idle = instance("in service", false);
export const busy = instance("in service", true);
export const leaving = instance("leaving", true);

export interface StateSpec {
  waiting?: readonly WaitingJob[];
  running?: readonly RunningJob[];
  instances?: readonly FleetInstance[];
  fleet?: Partial<Fleet>;
  /** Seconds for which each of these instances has idled. */
  idled?: Readonly<Record<string, number>>;
  /** Seconds since the source last knew the whole queue. */
  sourceAge?: number;
  problem?: string;
  scheduledFloor?: number;
  memory?: Partial<ScalingState["memory"]>;
}

/** A healthy state, but for what the test names. The desired capacity is the number of instances that stay. */
export function stateOf(spec: StateSpec): ScalingState {
  const { instances = [], fleet, idled = {}, sourceAge = 10, problem, scheduledFloor = 0, memory } = spec;
  const desired = instances.filter(({ phase }) => phase !== "leaving").length;
  return {
    demand: {
      waiting: spec.waiting ?? [],
      running: spec.running ?? [],
      completeAt: NOW - sourceAge * SECOND,
      ...(problem === undefined ? {} : { problem }),
    },
    fleet: { desired, minSize: 0, maxSize: 100, instances, failedLaunches: 0, ...fleet },
    scheduledFloor,
    memory: { idleSince: Object.fromEntries(Object.entries(idled).map(([id, seconds]) => [id, NOW - seconds * SECOND])), ...memory },
  };
}
