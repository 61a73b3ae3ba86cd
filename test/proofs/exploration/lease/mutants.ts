/** Small mistakes in the real code, each of which the exploration must find. */
import type { Substitution } from "../../../support/substitutions";
import type { StartName } from "./starts";

export interface Mutant {
  name: string;
  substitutions: Substitution[];
  /** The cheapest one that reveals it. */
  start: StartName;
}

const FUNCTIONS = "functions/persistent-runner/";
const WRITES = `${FUNCTIONS}shared/lease-writes.ts`;
const DROP = `${FUNCTIONS}shared/drop.ts`;
const STEP = `${FUNCTIONS}control/next-step.ts`;

const mutant = (name: string, ...parts: [file: string, from: string, to: string][]): Mutant => ({
  name,
  substitutions: parts.map(([file, from, to]) => ({ file, from, to })),
  start: "two runs",
});
const by = (start: StartName, found: Mutant): Mutant => ({ ...found, start });

const TWO_JOBS = "a run with two jobs";
const ONE_FAULT = "a run, one fault";
const TWO_FAULTS = "a run, one request at a time, two faults";
const HANGS = "a machine that hangs without a holder";
const HANGS_ALONE = "a machine that hangs without a holder, one request at a time, one fault";
const HANGS_AND_FAULT = "a machine that hangs without a holder, one fault";

/**
 * Not among them, because nothing can come of them: the claim without its `absent` holder (an acquisition changes the generation); a refused
 * stop that is forgotten in another phase, and the power that is read before the lease (a request ends before what it has read can count as
 * settled); the confirmation without its `startedAt` (within a generation there is one); a write for another holder (within a generation and
 * phase there is one, with one time). And two break no promise, which unit tests find: a machine that hangs and is not stopped costs its run
 * the second start, and one that is waited for without end the time until its run asks no more.
 */
export const MUTANTS: Mutant[] = [
  // Each condition of a write.
  mutant(
    "a run acquires a machine that another holds",
    [WRITES, "all: [...unchanged(lease), free] },", "all: unchanged(lease) },"],
    [STEP, "if (isMine || lease.holder === undefined) return", "if (now > 0) return"],
    [STEP, "if (dropped !== undefined) return", "if (now < 0) return"],
  ),
  mutant("a run acquires a machine in any phase and generation", [WRITES, "all: [...unchanged(lease), free] },", "all: [free] },"]),
  by(
    ONE_FAULT,
    mutant("two requests make one attempt", [
      WRITES,
      '{ absent: "startedAt" }, same(lease, "stoppedAt")] },',
      'same(lease, "stoppedAt")] },',
    ]),
  ),
  mutant("an attempt begins for a run that lost the machine", [
    WRITES,
    'all: [...held(lease), { absent: "startedAt" }, same(lease, "stoppedAt")] },',
    'all: [{ absent: "startedAt" }, same(lease, "stoppedAt")] },',
  ]),
  mutant("a machine is started although it was released meanwhile", [
    WRITES,
    'all: [...held(lease), is("startedAt", startedAt)] }, set: { startedAt, runnerId } };',
    'present: "generation" }, set: { startedAt, runnerId } };',
  ]),
  mutant("a start is repeated by a run that lost the machine", [
    WRITES,
    "    when: { all: held(lease) },\n    set: { ...next(lease, now), history, notBefore, expires },",
    '    when: { present: "generation" },\n    set: { ...next(lease, now), history, notBefore, expires },',
  ]),
  mutant("a run releases what another holds", [
    WRITES,
    '    when: { all: held(lease) },\n    set: { phase: "stopping", changedAt: now },',
    '    when: { present: "generation" },\n    set: { phase: "stopping", changedAt: now },',
  ]),
  mutant("a machine that is off is given back for another run", [
    WRITES,
    'return { when: { all: held(lease) }, remove: ["holder", "expires", "history"] };',
    'return { when: { present: "generation" }, remove: ["holder", "expires", "history"] };',
  ]),
  mutant("the reaper claims a machine that a run has acquired", [
    WRITES,
    'all: [...unchanged(lease), { absent: "holder" }] },',
    'present: "generation" },',
  ]),
  mutant("a stop is sent on what was read of the lease before", [
    WRITES,
    'return { when: { all: [...unchanged(lease), same(lease, "stoppedAt"), ...notStarted] }, set: { stoppedAt: now } };',
    'return { when: { present: "generation" }, set: { stoppedAt: now } };',
  ]),
  by(
    ONE_FAULT,
    mutant("the machine is told to stop while a start is under way", [
      WRITES,
      'lease.phase === "starting" ? [{ absent: "startedAt" }] : [];',
      "[];",
    ]),
  ),
  mutant("what was off a moment ago is noted for another start", [
    WRITES,
    '    when: { all: [...unchanged(lease), same(lease, "stoppedAt")] },\n    set: { phase: "stopped", changedAt: now },\n    remove: OF_A_START,\n  };\n}\n\n/** The instance was',
    '    when: { present: "generation" },\n    set: { phase: "stopped", changedAt: now },\n    remove: OF_A_START,\n  };\n}\n\n/** The instance was',
  ]),
  mutant("the reaper takes the machine from a holder that has just renewed its time", [
    WRITES,
    'return [...unchanged(lease), same(lease, "holder"), same(lease, "expires")];',
    'return [...unchanged(lease), same(lease, "holder")];',
  ]),
  mutant("a holder is renewed that has lost the machine", [
    WRITES,
    "return { when: { all: held(lease) }, set: { expires } };",
    'return { when: { present: "generation" }, set: { expires } };',
  ]),
  mutant("a label is handed out although no runner is connected", [
    `${FUNCTIONS}control/start.ts`,
    'if (state !== "idle") {',
    'if (state === "absent") {',
  ]),
  by(
    ONE_FAULT,
    mutant("a runner that never connects is waited for without end", [
      STEP,
      'return { step: "ready", late: { kind: "hung", detail } };',
      'return { step: "ready" };',
    ]),
  ),
  by(
    HANGS_AND_FAULT,
    mutant("a stop whose end is unknown counts as refused", [`${FUNCTIONS}shared/power-off.ts`, "if (isRefusal(error)) await", "await"]),
  ),
  mutant("a session begins for a run that lost the machine", [
    WRITES,
    "return { when: { all: held(lease) }, set: { expires, foundReadyAt: now } };",
    'return { when: { present: "generation" }, set: { expires, foundReadyAt: now } };',
  ]),
  mutant("a runner counts as connected for a run that lost the machine", [
    WRITES,
    "return { when: { all: held(lease) }, set: { connectedAt: now } };",
    'return { when: { present: "generation" }, set: { connectedAt: now } };',
  ]),
  by(
    HANGS_AND_FAULT,
    mutant("an attempt begins although the machine was just told to stop", [
      WRITES,
      '{ absent: "startedAt" }, same(lease, "stoppedAt")] },',
      '{ absent: "startedAt" }] },',
    ]),
  ),
  mutant("the reaper claims a machine without holder in any phase", [
    WRITES,
    'all: [...unchanged(lease), { absent: "holder" }] },',
    'all: [{ absent: "holder" }] },',
  ]),
  by(
    HANGS_AND_FAULT,
    mutant("two requests tell the machine to stop", [
      WRITES,
      'all: [...unchanged(lease), same(lease, "stoppedAt"), ...notStarted]',
      "all: [...unchanged(lease), ...notStarted]",
    ]),
  ),
  mutant("the machine is told to stop in any phase and generation", [
    WRITES,
    'all: [...unchanged(lease), same(lease, "stoppedAt"), ...notStarted]',
    'all: [same(lease, "stoppedAt"), ...notStarted]',
  ]),
  mutant("a machine that was just told to stop is noted as off", [
    WRITES,
    '    when: { all: [...unchanged(lease), same(lease, "stoppedAt")] },\n    set: { phase: "stopped", changedAt: now },\n    remove: OF_A_START,\n  };\n}\n\n/** The instance was',
    '    when: { all: unchanged(lease) },\n    set: { phase: "stopped", changedAt: now },\n    remove: OF_A_START,\n  };\n}\n\n/** The instance was',
  ]),
  mutant("a write is made in another generation", [
    WRITES,
    'return [orAbsent(is("generation", lease.generation), first), orAbsent(is("phase", lease.phase),',
    'return [orAbsent(is("phase", lease.phase),',
  ]),
  mutant("a write is made in another phase", [WRITES, ', orAbsent(is("phase", lease.phase), first && lease.phase === "stopped")];', "];"]),
  by(
    TWO_FAULTS,
    mutant("a start is given up while its call may still come", [
      STEP,
      "return now - startedAt >= PERSISTENT_TIMING.settle * 1000;",
      "return now > 0;",
    ]),
  ),
  by(
    ONE_FAULT,
    mutant("a run is told that the machine is ready before its runner is", [
      `${FUNCTIONS}control/start.ts`,
      'if (!(await ports.lease.write(noteConnected(lease, now), signal))) return "again";',
      "await ports.lease.write(noteConnected(lease, now), signal);",
    ]),
  ),
  // Order and time.
  mutant("a machine is free before the calls that stop it have ended", [
    `${FUNCTIONS}shared/lease.ts`,
    "return now - Math.max(allowedAt, stoppedAt) >= PERSISTENT_TIMING.settle * 1000;",
    "return now > 0;",
  ]),
  mutant("the calls that stop a machine do not count, only their cause", [
    `${FUNCTIONS}shared/lease.ts`,
    "Math.max(allowedAt, stoppedAt)",
    "allowedAt",
  ]),
  mutant("a machine is stopped without a write that allows it", [
    `${FUNCTIONS}shared/power-off.ts`,
    'if (act === "wait" || !(await ports.lease.write(tellToStop(lease, now), signal)))',
    'if (act === "wait")',
  ]),
  mutant("a machine is started without a second write", [
    `${FUNCTIONS}control/begin.ts`,
    "if (!(await ports.lease.write(confirm(lease, startedAt, runnerId), signal))) {",
    "if (runnerId === -1) {",
  ]),
  by(
    ONE_FAULT,
    mutant("another attempt is made within one generation", [
      WRITES,
      "set: { ...next(lease, now), history, notBefore, expires },",
      "set: { changedAt: now, history, notBefore, expires },",
    ]),
  ),
  by(
    HANGS_AND_FAULT,
    mutant(
      "a start follows a stop of the same machine at once",
      [STEP, "const isQuiet = now - stoppedAt >= PERSISTENT_TIMING.settle * 1000;", "const isQuiet = true;"],
      [WRITES, '{ absent: "startedAt" }, same(lease, "stoppedAt")] },', '{ absent: "startedAt" }] },'],
    ),
  ),
  // Decisions.
  mutant("the reaper takes a start that is not visible yet for a machine that is off", [
    `${FUNCTIONS}reap/next-act.ts`,
    'case "starting":\n      return { act: "nothing" };',
    'case "starting":\n      return off ? { act: "note stopped" } : { act: "nothing" };',
  ]),
  by(ONE_FAULT, mutant("a job at work is stopped", [`${FUNCTIONS}control/stop.ts`, "if (busy && !stopping.force)", "if (stopping.force)"])),
  by(
    TWO_JOBS,
    mutant("a run gets the label of the job before", [
      `${FUNCTIONS}control/start.ts`,
      'if (state === "absent") return',
      'if (state === "offline") return',
    ]),
  ),
  mutant("a run that ended without a word keeps the machine that starts for it", [
    DROP,
    'return isExpired(lease, now) ? "its run waits no more" : undefined;',
    "return undefined;",
  ]),
  by(
    ONE_FAULT,
    mutant("a run that ended without a word keeps the machine that is off", [
      DROP,
      "return seconds < PERSISTENT_TIMING.heldWhileOff ? undefined :",
      "return seconds >= 0 ? undefined :",
    ]),
  ),
  by(
    HANGS_ALONE,
    mutant("a stop that was lost is not repeated", [
      `${FUNCTIONS}shared/power-off.ts`,
      "if (stoppedAt !== undefined && since(stoppedAt) < PERSISTENT_TIMING.stopLostAfter)",
      "if (stoppedAt !== undefined)",
    ]),
  ),
  by(
    ONE_FAULT,
    mutant("a start that was lost is not repeated", [
      STEP,
      "if (seconds <= PERSISTENT_TIMING.startLostAfter) return starting;",
      "if (seconds > 0) return starting;",
    ]),
  ),
  by(
    HANGS,
    mutant("a machine without holder is never stopped", [
      `${FUNCTIONS}reap/next-act.ts`,
      'if (seconds < unheldLimit(lease, settings)) return { act: "nothing" };',
      'if (seconds > 0) return { act: "nothing" };',
    ]),
  ),
];
