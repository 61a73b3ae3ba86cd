/**
 * Small mistakes in the real code, each of which the exploration must find. They are substitutions of source text, so the
 * code itself needs no switches. A substitution that no longer applies fails the test.
 */
import type { Substitution } from "../../support/substitutions";

export interface Mutant {
  name: string;
  substitutions: Substitution[];
  /** Starts that reveal it, if one fault is known not to suffice. */
  starts?: string[];
}

const AGENT = "host-config/actions-runner-pool/agent/";
const mutant = (name: string, ...parts: [file: string, from: string, to: string][]): Mutant => ({
  name,
  substitutions: parts.map(([file, from, to]) => ({ file, from, to })),
});

/** A mutant that only two faults reveal. */
const rare = (found: Mutant): Mutant => ({ ...found, starts: ["two faults"] });
/** A mutant that only an instance out of service reveals. */
const outOfService = (found: Mutant): Mutant => ({ ...found, starts: ["a pause"] });

/** A mutant that only a return to the warm pool reveals. */
const returning = (found: Mutant): Mutant => ({ ...found, starts: ["a return to the warm pool, one fault"] });

export const MUTANTS: Mutant[] = [
  returning(
    mutant("a return does not check whether the unit is stopped", [
      `${AGENT}return.ts`,
      'await host.returning.set();\n  if (!(await stopped(host))) return "still-running";',
      "await host.returning.set();",
    ]),
  ),
  returning(
    mutant("a return to the warm pool is not recognized", [
      `${AGENT}decide.ts`,
      "return entersPool(target) && (served || registered);",
      "return false;",
    ]),
  ),
  returning(
    mutant("an action that the completion of a return could not end is never ended", [
      `${AGENT}daemon.ts`,
      'if (outcome === "none" && entersPool(target)',
      'if (outcome === "done" && entersPool(target)',
    ]),
  ),
  mutant("the fence is not raised", [`${AGENT}drain.ts`, "return await host.unit.raiseFence();", "return true;"]),
  mutant("a worker does not count as a sign of a job", [`${AGENT}in-flight.ts`, 'if (signs.workers > 0) return "worker";', ""]),
  mutant("an announcement does not count as a sign of a job", [
    `${AGENT}in-flight.ts`,
    'if (announced === "busy") {',
    'if (announced === "never" as string) {',
  ]),
  mutant("a message counts for 100 s, although an acquisition may take minutes", [
    `${AGENT}in-flight.ts`,
    "export const ACQUIRE_BOUND_MS = 600_000;",
    "export const ACQUIRE_BOUND_MS = 100_000;",
  ]),
  mutant("a message does not count as a sign of a job", [`${AGENT}in-flight.ts`, "if (messageAt !== undefined && (", "if (false && ("]),
  mutant("an announced job is waited for without a bound", [`${AGENT}in-flight.ts`, "+ WORKERLESS_BOUND_MS }", "+ Infinity }"]),
  mutant("a message is waited for without a bound", [`${AGENT}in-flight.ts`, "until: messageAt + ACQUIRE_BOUND_MS", "until: Infinity"]),
  mutant("the confirm window is dropped", [
    `${AGENT}drain-steps.ts`,
    'if (now < state.end) return go("between confirming readings"',
    'if (now < 0) return go("between confirming readings"',
  ]),
  mutant("the fence stays up for a job that slipped in", [
    `${AGENT}drain-steps.ts`,
    'return state.open ? go("between readings", sleep(POLL_MS)) : go("lowering the fence", { ask: "lower-fence" });',
    'return go("between readings", sleep(POLL_MS));',
  ]),
  mutant("a fence that could not be lowered stays up", [`${AGENT}drain-steps.ts`, "state.open = answer === true;", "state.open = true;"]),
  rare(
    mutant("a listener that is relaunched while stopping counts as stopped", [
      `${AGENT}drain-steps.ts`,
      'if (listener === undefined) return end("stopped");',
      'if (listener !== state.listener) return end("stopped");',
    ]),
  ),
  mutant("signs that cannot be read count as idle", [
    `${AGENT}drain.ts`,
    "return { workers: 1 };",
    "return { listener: 100, workers: 0 };",
  ]),
  mutant("the drain gives up at once", [
    `${AGENT}drain-steps.ts`,
    "if (now >= state.deadline) return go",
    "if (now >= state.begun) return go",
  ]),
  mutant("the completion does not check the target state", [
    `${AGENT}complete.ts`,
    'if (!isTerminating(target)) return "not-terminating";',
    "",
  ]),
  mutant("the completion does not check whether the unit is stopped", [
    `${AGENT}complete.ts`,
    'await host.departure.set();\n  if (!(await stopped(host))) return "still-running";',
    "await host.departure.set();",
  ]),
  rare(
    mutant("the completion does not check for leftovers", [
      `${AGENT}stopped-runner.ts`,
      "(left.workers > 0 || left.listener !== undefined) && !forced",
      "left.workers < 0",
    ]),
  ),
  rare(
    mutant("the completion leaves the supervisor running", [`${AGENT}complete.ts`, "if (!forced) await host.unit.killLeftovers();", ""]),
  ),
  mutant("the completion does not keep listeners from starting", [`${AGENT}complete.ts`, "await host.departure.set();", ""]),
  mutant("a listener starts on an instance that is being let go", [
    `${AGENT}reap.ts`,
    "if (await host.departure.isSet())",
    "if (false as boolean)",
  ]),
  rare(
    mutant("a start does not wait for processes that an earlier one left", [
      `${AGENT}reap.ts`,
      "if (listener !== undefined || workers > 0)",
      "if (workers < 0)",
    ]),
  ),
  mutant("a start does not lower the fence", [
    `${AGENT}reap.ts`,
    'next job would run beside them");\n  await host.unit.lowerFence();',
    'next job would run beside them");\n  await host.unit.raiseFence();',
  ]),
  mutant("heartbeats are sent only while a worker runs", [
    `${AGENT}heartbeat.ts`,
    "await host.lifecycle.heartbeat(hook);",
    '(await host.signs.read()).workers > 0 ? await host.lifecycle.heartbeat(hook) : "none";',
  ]),
  mutant(
    "heartbeats stop as soon as the unit is stopping",
    [`${AGENT}heartbeat.ts`, "return workers === 0 && listener === undefined;", "return true;"],
    [`${AGENT}heartbeat.ts`, "if (!isStopped(await unit.state())) return false;", "if (isRunning(await unit.state())) return false;"],
  ),
  mutant(
    "only the event stops the runner",
    [`${AGENT}heartbeat.ts`, "if (isRunning(unit)) await host.unit.stop();", ""],
    [`${AGENT}decide.ts`, 'if (isRunning(unit)) return "stop-runner";', 'if (isRunning(unit)) return "await-drain";'],
  ),
  mutant(
    "a lost completion is not requested again",
    [`${AGENT}heartbeat.ts`, "await host.helpers.startCompletion();\n    return", "return"],
    [`${AGENT}decide.ts`, 'return completionDue ? "complete" : "nothing";', 'return "nothing";'],
  ),
  outOfService(
    mutant("a pause whose reason lasts one tick is forgotten", [
      `${AGENT}daemon-state.ts`,
      'case "pause-runner":\n      return pauseObserved(state, true);',
      'case "pause-runner":\n      return state;',
    ]),
  ),
  outOfService(
    mutant("a pause that is not marked yet is forgotten", [
      `${AGENT}daemon.ts`,
      "const paused = pausing || (await this.host.pause.isSet());",
      "const paused = await this.host.pause.isSet();",
    ]),
  ),
  outOfService(
    mutant("a pause ends before its stop is queued", [`${AGENT}daemon.ts`, 'if (pausing && action === "end-pause") return "nothing";', ""]),
  ),
  outOfService(mutant("a pause is not marked", [`${AGENT}daemon.ts`, "await host.pause.set();", ""])),
  outOfService(
    mutant("a paused runner counts as one that an operator stopped", [
      `${AGENT}decide.ts`,
      "(seen.unit.everStarted && !seen.paused && ",
      "(seen.unit.everStarted && ",
    ]),
  ),
  mutant("the runner is DELETEd before its drain", [
    "functions/actions-runner-pool/deregister/cordon.ts",
    "gitHub.removeCustomLabels(runner.id, signal)",
    "gitHub.remove(runner.id, signal)",
  ]),
  mutant("the event's handler completes the action", [
    "functions/actions-runner-pool/deregister/terminating.ts",
    "await cordon(event.instanceId",
    "await continuePoolTrim(event, ports, settings, observer);\n  await cordon(event.instanceId",
  ]),
  mutant("the handler of a termination's end ignores retention", [
    "functions/actions-runner-pool/deregister/terminated.ts",
    "if (state !== undefined && !isEnding(state))",
    "if (state === undefined)",
  ]),
  mutant("the sweep terminates retained instances unconditionally", [
    "functions/actions-runner-pool/sweep/retained.ts",
    "if (objection !== undefined) {\n        log.warn(",
    'if (objection === "never") {\n        log.warn(',
  ]),
  mutant("the sweep terminates retained instances whose runner is offline but busy", [
    "functions/actions-runner-pool/sweep/retained.ts",
    'if (runner.busy) return "GitHub counts a job on its runner";',
    "",
  ]),
  mutant("the sweep terminates retained instances whose runner GitHub does not list", [
    "functions/actions-runner-pool/sweep/retained.ts",
    "return (await history.neverServed(instanceId)) ? undefined : NOT_LISTED;",
    "return undefined;",
  ]),
  mutant("the sweep removes runners whose instance is retained", [
    "functions/actions-runner-pool/sweep/orphan-runners.ts",
    "return terminated.filter(({ runner }) => !listed.has(runner.name));",
    "return terminated;",
  ]),
];
