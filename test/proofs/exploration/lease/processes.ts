/** Requests and passes: the real code, one call at a time, between which everything else may happen. */
import type { ControlReply } from "../../../../contract/persistent-runner/control";
import type { Answer, Outcome } from "../replay";
import { answersTo } from "./answers";
import type { Behaviours } from "./behaviour";
import { broken, changed, fault } from "./changed";
import { nameOf, type Parts, RUNS } from "./parts";
import type { ModelState, Process, Run, RunIndex, Transition } from "./state";

/** Calls after which nothing can happen that matters before the next one: GitHub's side of a start, which no one else reads. */
const PRIVATE = ["create", "remove", "runner"];

export interface Code {
  parts: Parts;
  behaviours: Behaviours;
}

export function* processTransitions(w: ModelState, code: Code): Generator<Transition> {
  for (const process of w.processes) {
    const others = without(w, process);
    for (const { to, label, isFault } of steps(others, process, code)) yield isFault ? fault(w, label, to)[0]! : { label, to, kind: "own" };
    // Also without a fault, because it may have been the last time that it began anew (behaviour.ts).
    if (process.answers === 0) yield { label: `${nameOf(process)} ends`, to: others, kind: "own" };
    else yield* fault(w, `${nameOf(process)} dies`, others);
    if (process.awaited)
      yield* fault(w, `no one waits for ${nameOf(process)} any more`, withProcess(others, { ...process, awaited: false }));
  }
  yield* begun(w, code);
}

function* begun(w: ModelState, code: Code): Generator<Transition> {
  if (w.processes.length >= w.atOnce) return;
  for (const [index, { phase }] of w.runs.entries()) {
    if (w.processes.some(({ run, awaited }) => run === index && awaited)) continue;
    const run = index as RunIndex;
    if (phase === "asking") yield* first(w, { kind: "start", run }, code);
    if (phase === "releasing") yield* first(w, { kind: "stop", run }, code);
    // None that a workflow of ours sends.
    if (phase === "working") {
      for (const { to } of first(w, { kind: "stop", run }, code)) yield* fault(w, `run ${run} sends a stop while its job is at work`, to);
    }
  }
  if (!w.processes.some(({ kind }) => kind === "reap")) yield* first(w, { kind: "reap", run: null }, code);
}

function* first(w: ModelState, of: Pick<Process, "kind" | "run">, code: Code): Generator<Transition> {
  const process: Process = { ...of, answers: 0, generation: null, confirmed: false, awaited: of.run !== null };
  for (const { to, label, isFault } of steps(w, process, code)) if (!isFault) yield { label, to, kind: "own" };
}

interface Step {
  to: ModelState;
  label: string;
  isFault: boolean;
}

/** The process's next call and all private ones after it, with every answer. One fault at a time: each costs one of the search's. */
function* steps(w: ModelState, process: Process, code: Code, done = "", isFault = false): Generator<Step> {
  const outcome = code.behaviours.outcome(process, process.answers);
  if (!("call" in outcome)) throw new Error(`${nameOf(process)} makes no call`);
  const { call } = outcome;
  for (const { to, answer, process: after, fault: unusual } of answersTo(w, process, call, code.parts)) {
    if (unusual !== undefined && (isFault || w.faults === 0)) continue;
    const next = { ...after, answers: code.parts.replay.answers.with(process.answers, answer) };
    const said = `${done}${call.port}${told(answer)}`;
    const failed = isFault || unusual !== undefined;
    const following = code.behaviours.outcome(next, next.answers);
    if ("call" in following && PRIVATE.includes(following.call.port)) yield* steps(to, next, code, `${said}, `, failed);
    else {
      const label = `${nameOf(process)}: ${said}${unusual === undefined ? "" : ` (${unusual})`}`;
      yield { to: "call" in following ? continued(to, next, code) : ended(to, next, following), label, isFault: failed };
    }
  }
}

/** A request that begins anew is none that is under way: its run makes another one, as the schedule another pass. */
function continued(w: ModelState, process: Process, { behaviours }: Code): ModelState {
  if (!behaviours.beginsAnew(process, process.answers)) return withProcess(w, process);
  return process.run === null || process.awaited ? w : withProcess(w, { ...process, answers: 0, generation: null, confirmed: false });
}

function told(answer: Answer): string {
  if ("error" in answer) return ` fails`;
  return typeof answer.value === "boolean" ? ` ${answer.value ? "applied" : "refused"}` : "";
}

/** The reply reaches the run, if it still waits for it. */
function ended(w: ModelState, { kind, run, awaited }: Process, outcome: Exclude<Outcome, { call: unknown }>): ModelState {
  if ("error" in outcome) return broken(w, `${kind} throws: ${outcome.error}`);
  if (run === null || !awaited) return w;
  const reply = outcome.value as ControlReply;
  const { phase } = w.runs[run];
  if (kind === "start" && phase === "asking") return answered(w, run, reply);
  if (kind === "stop" && phase === "releasing" && reply.state === "released") return withRun(w, run, { phase: "done" });
  return w;
}

function answered(w: ModelState, run: RunIndex, reply: ControlReply): ModelState {
  if (reply.state === "failed") return withRun(w, run, { phase: "releasing" });
  if (reply.state !== "ready") return w;
  const granted = withRun(w, run, { phase: "queued", label: reply.generation });
  // The one case in which the reaper may take the machine from a run that asks for it at the same moment.
  if (w.limit === reply.generation) return granted;
  if (w.item?.["holder"] !== RUNS[run]) return broken(granted, "a run is told to use a machine that it does not hold");
  if (reply.generation !== w.item["generation"]) return broken(granted, "a run gets the label of another start");
  if (w.runner !== reply.generation && w.taken !== reply.generation)
    return broken(granted, "a run gets a label that no runner has any more");
  return granted;
}

export function withRun(w: ModelState, index: RunIndex, change: Partial<Run>): ModelState {
  const runs: [Run, Run] = [w.runs[0], w.runs[1]];
  runs[index] = { ...runs[index], ...change };
  return changed(w, { runs });
}

function without(w: ModelState, process: Process): ModelState {
  return changed(w, { processes: w.processes.filter((one) => one !== process) });
}

export function withProcess(w: ModelState, process: Process): ModelState {
  return changed(w, { processes: [...w.processes, process] });
}
