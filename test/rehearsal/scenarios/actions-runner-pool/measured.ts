import { LOG } from "../../../../contract/actions-runner-pool/host";
import { type PoolFigures, type PoolMeasurements, poolFigures } from "../../../../rehearsal/scenarios/actions-runner-pool/pool-figures";
import type { TimelineEvent } from "../../../../rehearsal/timeline";

export const HOOK = "pool-terminate";

/** A busy instance that is scaled in, drains and terminates. */
export function drained(): TimelineEvent[] {
  return [
    { at: 0, kind: "instance-state", instance: "i-1", state: "InService" },
    { at: 900, kind: "job", job: "job-1", change: "queued" },
    { at: 1000, kind: "job", job: "job-1", change: "acquired", instance: "i-1" },
    { at: 1200, kind: "job", job: "job-1", change: "hook-started", instance: "i-1" },
    { at: 1215, kind: "job", job: "job-1", change: "hook-ended", instance: "i-1" },
    { at: 2000, kind: "instance-state", instance: "i-1", state: "Terminating:Wait" },
    { at: 2700, kind: "host-log", instance: "i-1", message: LOG.drainBegun, fields: {} },
    { at: 5000, kind: "heartbeat", instance: "i-1", hook: HOOK },
    { at: 9000, kind: "job", job: "job-1", change: "succeeded", instance: "i-1" },
    { at: 11500, kind: "action-closed", instance: "i-1", hook: HOOK, result: "CONTINUE", by: "instance" },
    { at: 12000, kind: "instance-state", instance: "i-1", state: "Terminated" },
  ];
}

/** The figures of a run with these events, which scaled in the instance `i-1`. */
export function measured(events: TimelineEvent[], changes: Partial<PoolMeasurements> = {}): PoolFigures {
  return poolFigures({
    stack: "dev",
    seed: 1,
    hosts: "simulated",
    drain: true,
    events,
    scaleIns: [{ how: "terminate", instance: "i-1" }],
    terminateHook: HOOK,
    apiCalls: {},
    denied: [],
    leftovers: [],
    engine: { version: "3.248.0", resources: 1, secondUpChanges: 0, seconds: { preview: 1, up: 1, destroy: 1 } },
    drift: [],
    errors: [],
    ...changes,
  });
}

/** The figures of a pool that followed its queue. */
export const FOLLOWED = { lostDeliveries: 1, scaler: { passes: 9, errors: 0, launches: 4, peak: 3, seconds: 304 } };
