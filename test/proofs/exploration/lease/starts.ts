import { preparationDigest } from "../../../../contract/persistent-runner/order";
import { SETTINGS } from "./parts";
import { type ModelState, type Run, WANTED } from "./state";
import { OLD } from "./time";

const NEW: Run = { phase: "asking", label: null, again: 0 };
const NONE: Run = { ...NEW, phase: "done" };
const TWICE: Run = { ...NEW, again: 1 };

/** Prepared, off and free. */
function atRest(runs: [Run, Run], atOnce: number, faults: number): ModelState {
  return {
    item: { phase: "stopped", generation: 1, changedAt: OLD, instanceId: SETTINGS.instanceId, prepared: preparationDigest(SETTINGS) },
    ec2: "stopped",
    launchedAt: OLD,
    reason: WANTED,
    host: null,
    order: null,
    runner: null,
    runs,
    processes: [],
    atOnce,
    late: null,
    started: 1,
    limit: null,
    taken: null,
    faults,
    broken: null,
  };
}

/** Someone has started the machine by hand, and it hangs. */
const hung: Partial<ModelState> = { ec2: "running", host: { phase: "hung", generation: null }, reason: null };

/** Of each, everything is explored. */
export const STARTS = {
  "two runs, three requests at once": atRest([NEW, NEW], 3, 0),
  "two runs, one fault": atRest([NEW, NEW], 2, 1),
  "a run, one request at a time, two faults": atRest([NEW, NONE], 1, 2),
  "a run with two jobs": atRest([TWICE, NONE], 2, 0),
  "a machine that hangs without a holder, one fault": { ...atRest([NEW, NONE], 2, 1), ...hung },
} satisfies Record<string, ModelState>;

/** Too large for that: of it, a part is visited by chance. */
export const LARGE_START: ModelState = atRest([TWICE, TWICE], 3, 4);

/** Parts of them, in which mistakes are found sooner. */
export const SMALL_STARTS = {
  "two runs": atRest([NEW, NEW], 2, 0),
  "a run, one fault": atRest([NEW, NONE], 2, 1),
  "a machine that hangs without a holder, one request at a time, one fault": { ...atRest([NEW, NONE], 1, 1), ...hung },
  "a machine that hangs without a holder": { ...atRest([NEW, NONE], 2, 0), ...hung },
} satisfies Record<string, ModelState>;

export type StartName = keyof typeof STARTS | keyof typeof SMALL_STARTS;
