/**
 * The drain, wherever it runs: as ExecStop=, for the completion, before a start. The real decisions (drain-steps.ts) and
 * the real acts (`perform`), one act a transition, together with the reading that follows it.
 */
import type { DrainRequest, DrainState, DrainStep } from "../../../host-config/actions-runner-pool/agent/drain-steps";
import { unique } from "./codec";
import { atOnce, type Failing } from "./at-once";
import type { Parts } from "./parts";
import { NOW, type DrainProcess, type World } from "./model";
import type { Transition } from "./transition";

const FAR_MS = 172_800_000;

/** Null after a forced stop, when the drain ends at once. */
export function beginDrainProcess(w: World, parts: Parts): DrainProcess | null {
  return w.forced ? null : normal(parts.beginDrain(NOW, FAR_MS), false);
}

/** Only what the code can tell apart: a window is over or not, a deadline is over or not, a round is the first or not. */
function normal({ state, next }: DrainStep, fenced: boolean): DrainProcess {
  const inWindow = state.phase.includes("confirming") || state.phase.includes("leaving");
  const kept: DrainState = {
    phase: state.phase,
    begun: NOW,
    deadline: state.deadline > NOW ? NOW + FAR_MS : NOW,
    round: Math.min(state.round, 2),
    workerAt: state.workerAt,
    open: state.open,
    end: inWindow && state.end > NOW ? NOW + 1 : NOW,
    listener: state.listener,
  };
  return unique({ state: kept, next, fenced: fenced && !state.open });
}

/** Ten minutes later. */
export function aged(process: DrainProcess | null): DrainProcess | null {
  if (process?.state.workerAt === undefined) return process;
  const workerAt = process.state.workerAt === NOW ? NOW - 600_000 : undefined;
  return unique({ ...process, state: { ...process.state, workerAt } });
}

export interface Slot {
  name: string;
  drain: DrainProcess;
  put(w: World, drain: DrainProcess | null, result?: string): World;
}

/**
 * Between the last reading and a SIGINT or SIGKILL lie milliseconds; an acquisition is a round trip to GitHub. Only where
 * no fence stands does anything rest on that.
 */
export function aboutToSignal(w: World): boolean {
  if (w.reap?.kills || (w.completion && w.completion !== "again" && w.completion.kills)) return true;
  const all = [w.drain, w.completion && w.completion !== "again" ? w.completion.drain : null, w.reap?.drain ?? null];
  return all.some((drain) => drain !== null && !drain.fenced && "ask" in drain.next && drain.next.ask === "interrupt");
}

export function* drainTransitions(w: World, slot: Slot, parts: Parts): Generator<Transition> {
  const { drain } = slot;
  const { next, state } = drain;
  if ("result" in next) return;
  yield* acts(w, slot, drain, next, parts);
  if (next.ask !== "sleep") return;
  // What the listener had read before the fence is written to its performance log within the window (milliseconds).
  if (state.phase === "between confirming readings" && w.listener?.phase !== "read") {
    const over: DrainProcess = { ...drain, state: { ...state, end: NOW } };
    yield* acts(w, slot, over, next, parts, "own", "the window is over, ");
  }
}

function* acts(
  w: World,
  slot: Slot,
  drain: DrainProcess,
  request: DrainRequest,
  parts: Parts,
  kind: Transition["kind"] = "own",
  prefix = "",
): Generator<Transition> {
  const attempts: Failing[] = [undefined];
  for (let n = 0; n < attempts.length; n++) {
    const failing = attempts[n];
    let ran = perform(w, drain, request, parts, request.ask === "sleep" ? undefined : failing);
    if (request.ask !== "read-signs" && "ask" in ran.step.next && ran.step.next.ask === "read-signs") {
      const before = ran.failures;
      const reading: ReturnType<typeof perform> = perform(
        ran.w,
        { ...ran.step, fenced: ran.fenced },
        ran.step.next,
        parts,
        request.ask === "sleep" ? failing : undefined,
      );
      ran = { ...reading, failures: request.ask === "sleep" ? reading.failures : before };
    }
    if (n === 0 && w.faults > 0) attempts.push(...ran.failures);
    // From the last reading to the end of the process lie milliseconds, as to a signal.
    const result = "result" in ran.step.next ? ran.step.next.result : undefined;
    const to = result === undefined ? slot.put(ran.w, normal(ran.step, ran.fenced)) : slot.put(ran.w, null, result);
    const label = `${slot.name}: ${prefix}${request.ask}${result ? `, ends ${result}` : ""}${failing ? ` (FAULT: ${failing.words})` : ""}`;
    yield { label, to: failing ? { ...to, faults: to.faults - 1 } : to, kind: failing ? "fault" : kind };
  }
}

function perform(w: World, drain: DrainProcess, request: DrainRequest, parts: Parts, failing: Failing) {
  const name = `perform ${JSON.stringify(request)}`;
  const ran = atOnce(w, parts, name, (host) => parts.perform(host, request), failing);
  if ("error" in ran.outcome) throw new Error(`the drain does not survive: ${ran.outcome.error}`);
  const step = parts.nextStep(drain.state, ran.outcome.value as never, NOW);
  const fenced = request.ask === "raise-fence" ? ran.outcome.value === true : drain.fenced;
  return { w: ran.w, step, failures: ran.failures, fenced };
}
