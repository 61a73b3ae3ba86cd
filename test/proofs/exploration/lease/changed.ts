import type { ModelState, Transition } from "./state";

/** A copy of the state with changes; not by a spread, for the reason that ../changed.ts has. */
export function changed(w: ModelState, changes: Partial<ModelState>): ModelState {
  const to: ModelState = {
    item: w.item,
    ec2: w.ec2,
    launchedAt: w.launchedAt,
    reason: w.reason,
    host: w.host,
    order: w.order,
    runner: w.runner,
    runs: w.runs,
    processes: w.processes,
    atOnce: w.atOnce,
    late: w.late,
    started: w.started,
    limit: w.limit,
    taken: w.taken,
    faults: w.faults,
    broken: w.broken,
  };
  return Object.assign(to, changes);
}

export function broken(w: ModelState, words: string): ModelState {
  return w.broken === null ? changed(w, { broken: words }) : w;
}

export function fault(w: ModelState, label: string, to: ModelState): Transition[] {
  return w.faults === 0 ? [] : [{ label: `FAULT: ${label}`, to: changed(to, { faults: w.faults - 1 }), kind: "fault" }];
}
