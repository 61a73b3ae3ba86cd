/**
 * The drain, wherever it runs: as ExecStop=, for the completion, before a start. The real decisions (drain-steps.ts) and
 * the real acts (`perform`), one act per transition, together with the read that follows it.
 */
import { changed } from "./changed";
import type { DrainRequest } from "../../../host-config/actions-runner-pool/agent/drain-steps";
import { atOnce, type Failing } from "./at-once";
import { normal } from "./drain-process";
import type { Parts } from "./parts";
import { NOW } from "./model";
import type { DrainProcess, ModelState } from "./state";
import type { Transition } from "./transition";

export interface Slot {
  name: string;
  drain: DrainProcess;
  put(w: ModelState, drain: DrainProcess | null, result?: string): ModelState;
}

export function* drainTransitions(w: ModelState, slot: Slot, parts: Parts): Generator<Transition> {
  const { drain } = slot;
  const { next, state } = drain;
  if ("result" in next) return;
  yield* acts(w, slot, drain, next, parts);
  if (next.ask !== "sleep") return;
  if (state.phase === "between resting readings") {
    const over: DrainProcess = { ...drain, state: { ...state, end: NOW } };
    yield* acts(w, slot, over, next, parts, "own", "the rest is over, ");
  }
  // A message read before the fence is in the listener's performance log before the window ends (milliseconds).
  if (state.phase === "between confirming readings" && w.listener?.phase !== "read") {
    const over: DrainProcess = { ...drain, state: { ...state, end: NOW } };
    yield* acts(w, slot, over, next, parts, "own", "the window is over, ");
  }
}

function* acts(
  w: ModelState,
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
    // Only milliseconds separate the last read from the end of the process, as from a signal.
    const result = "result" in ran.step.next ? ran.step.next.result : undefined;
    const to = result === undefined ? slot.put(ran.w, normal(ran.step, ran.fenced)) : slot.put(ran.w, null, result);
    const label = `${slot.name}: ${prefix}${request.ask}${result ? `, ends ${result}` : ""}${failing ? ` (FAULT: ${failing.words})` : ""}`;
    yield { label, to: failing ? changed(to, { faults: to.faults - 1 }) : to, kind: failing ? "fault" : kind };
  }
}

function perform(w: ModelState, drain: DrainProcess, request: DrainRequest, parts: Parts, failing: Failing) {
  const name = `perform ${JSON.stringify(request)}`;
  const ran = atOnce(w, parts, name, (host) => parts.perform(host, request), failing);
  if ("error" in ran.outcome) throw new Error(`the drain threw: ${ran.outcome.error}`);
  const step = parts.nextStep(drain.state, ran.outcome.value as never, NOW);
  const fenced = request.ask === "raise-fence" ? ran.outcome.value === true : drain.fenced;
  return { w: ran.w, step, failures: ran.failures, fenced };
}
