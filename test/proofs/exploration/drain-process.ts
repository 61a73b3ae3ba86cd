/** A running drain, reduced to what its code can distinguish. */
import type { DrainState, DrainStep } from "../../../host-config/actions-runner-pool/agent/drain-steps";
import { unique } from "./codec";
import { NOW } from "./model";
import type { DrainProcess, ModelState } from "./state";
import type { Parts } from "./parts";

const FAR_MS = 172_800_000;

/** Null after a forced stop: the drain then ends at once. */
export function beginDrainProcess(w: ModelState, parts: Parts): DrainProcess | null {
  return w.forced ? null : normal(parts.beginDrain(NOW, FAR_MS), false);
}

/** Keeps only what the code can distinguish: whether a window or a deadline is over, whether a round is the first. */
export function normal({ state, next }: DrainStep, fenced: boolean): DrainProcess {
  const inWindow = ["resting", "confirming", "leaving"].some((window) => state.phase.includes(window));
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

/**
 * Only milliseconds separate the last read from a SIGINT or SIGKILL; an acquisition is a round trip to GitHub. Only
 * where there is no fence does safety depend on that.
 */
export function aboutToSignal(w: ModelState): boolean {
  if (w.reap?.kills || (w.completion && w.completion !== "again" && w.completion.kills)) return true;
  const all = [w.drain, w.completion && w.completion !== "again" ? w.completion.drain : null, w.reap?.drain ?? null];
  return all.some((drain) => drain !== null && !drain.fenced && "ask" in drain.next && drain.next.ask === "interrupt");
}
