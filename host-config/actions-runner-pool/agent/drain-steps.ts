/**
 * The drain's decisions without its effects: each step takes the state and the answer to the last request, and returns
 * the next request. Pure, with plain data as state, so that every interleaving with its environment can be explored.
 */
import { LOG } from "../../../contract/actions-runner-pool/host";
import { inFlight, expiredSign, type InFlight } from "./in-flight";
import type { LogFields } from "../../shared/ports/log";
import type { Signs } from "./ports/job-signs";

/** How often the signs are read, in ms: a few small files in /proc and /run. */
export const POLL_MS = 250;
/**
 * Pause between the end of a job and the fence. GitHub has marked jobs that had succeeded as "lost communication" when
 * their runner's connection was cut right after the completion (actions/runner#4309). In this time the listener logs the
 * end, and its next poll, which it begins at once, tells GitHub that it is idle. No source says how long GitHub needs;
 * this is many round trips. A job that comes meanwhile is waited for.
 */
const AFTER_JOB_MS = 5_000;
/** With the fence up nothing new can arrive. This covers what the listener received just before and has not logged yet. */
const CONFIRM_MS = 1_500;
/** Longer without a fence, so that an assignment in progress becomes visible. */
const SETTLE_MS = 10_000;
/** Time for the listener to end its poll on SIGINT before it gets the network back. */
const QUIET_MS = 1_000;
/** The listener takes at most 30 s to close its session. */
const EXIT_MS = 35_000;
/** Back-off after a failed action, so that a broken host does not flood its journal. */
export const RETRY_MS = 5_000;

export type DrainResult = "idle" | "stopped" | "forced";

/** What the drain requests. Each request is answered before the next one is made. */
export type DrainRequest =
  | { ask: "read-signs" }
  | { ask: "main-alive" }
  | { ask: "raise-fence" }
  | { ask: "lower-fence" }
  | { ask: "interrupt"; listener: number }
  | { ask: "mark-forced" }
  | { ask: "sleep"; ms: number };

/** The signs; whether the fence was raised or lowered; whether the main process is running; undefined for all other requests. */
export type DrainAnswer = Signs | boolean | undefined;

type DrainPhase =
  | "first reading"
  | "nothing found"
  | "waiting"
  | "lowering the fence"
  | "between readings"
  | "resting"
  | "between resting readings"
  | "fencing"
  | "confirming"
  | "between confirming readings"
  | "interrupted"
  | "quiet"
  | "reopening"
  | "leaving"
  | "between leaving readings"
  | "giving up"
  | "gave up";

/** Everything the drain remembers. Times are ms since the epoch. */
export interface DrainState {
  phase: DrainPhase;
  begun: number;
  /** When maxDrain is over. */
  deadline: number;
  round: number;
  /** When a worker was last seen: after a job of hours its announcement is old, and its end may not be logged yet. */
  workerAt?: number;
  /** The fence was lowered in this round, so the job in flight has its network. */
  open: boolean;
  /** When the current window (resting, confirming, leaving) ends. */
  end: number;
  /** The listener that the drain has interrupted. */
  listener?: number;
}

interface DrainNote {
  level: "info" | "warn" | "error";
  message: string;
  fields?: LogFields;
}

export interface DrainStep {
  state: DrainState;
  /** Either the next request or, at the end, the result. */
  next: DrainRequest | { result: DrainResult };
  notes: DrainNote[];
}

export function beginDrain(now: number, maxDrainMs: number): DrainStep {
  const state: DrainState = { phase: "first reading", begun: now, deadline: now + maxDrainMs, round: 1, open: false, end: now };
  return { state, next: { ask: "read-signs" }, notes: [] };
}

/**
 * Whether a drain that pauses in this state only reads the signs, every POLL_MS until its deadline, as long as they keep
 * showing a worker with an open network. For simulations, which skip such readings.
 *
 * @param now time of the last reading
 */
export function wouldRepeat(state: DrainState, now: number): boolean {
  return state.phase === "between readings" && state.open && state.workerAt === now;
}

export function nextStep(before: DrainState, answer: DrainAnswer, now: number): DrainStep {
  const state = { ...before };
  const notes: DrainNote[] = [];
  const go = (phase: DrainPhase, next: DrainStep["next"]): DrainStep => ({ state: Object.assign(state, { phase }), next, notes });
  const say = (level: DrainNote["level"], message: string, fields?: LogFields) => void notes.push({ level, message, fields });
  const readSigns: DrainRequest = { ask: "read-signs" };
  const sleep = (ms: number): DrainRequest => ({ ask: "sleep", ms });
  const end = (result: DrainResult): DrainStep => {
    say("info", LOG.drainEnded, { result, seconds: (now - state.begun) / 1000 });
    return { state, next: { result }, notes };
  };
  const evaluate = (signs: Signs, at = now): InFlight => {
    if (signs.workers > 0) state.workerAt = at;
    return inFlight(signs, at, state.workerAt);
  };

  switch (state.phase) {
    case "first reading": {
      const signs = answer as Signs;
      // No process of the runner: a repeated drain, or a listener that exited by itself. Nothing to wait for or to fence.
      if (signs.listener === undefined && signs.workers === 0) return go("nothing found", { ask: "main-alive" });
      say("info", LOG.drainBegun, { inFlight: evaluate(signs, state.begun) ?? "nothing" });
      return go("waiting", readSigns);
    }
    case "nothing found":
      if (answer === false) return { state, next: { result: "idle" }, notes };
      say("info", LOG.drainBegun, { inFlight: "nothing" });
      return go("waiting", readSigns);

    // A job must not run behind the fence, which may still be up from the last round or from a drain that was killed.
    case "waiting":
      if (evaluate(answer as Signs) === undefined) {
        const sign = expiredSign(answer as Signs, state.begun, now, state.workerAt);
        if (sign !== undefined) say("info", LOG.waitEndedWithoutJob, { sign, seconds: (now - state.begun) / 1000 });
        state.end = jobEndedAt(answer as Signs, state.workerAt, now) + AFTER_JOB_MS;
        return now < state.end ? go("between resting readings", sleep(POLL_MS)) : go("fencing", { ask: "raise-fence" });
      }
      if (now >= state.deadline) return go("giving up", { ask: "mark-forced" });
      return state.open ? go("between readings", sleep(POLL_MS)) : go("lowering the fence", { ask: "lower-fence" });
    case "lowering the fence":
      state.open = answer === true;
      return go("between readings", sleep(state.open ? POLL_MS : RETRY_MS));
    case "between readings":
      return go("waiting", readSigns);

    // The network is open, unless a drain that was killed left its fence: then the connection is cut already.
    case "resting":
      if (evaluate(answer as Signs) !== undefined) return go("waiting", readSigns);
      if (now < state.end) return go("between resting readings", sleep(POLL_MS));
      return go("fencing", { ask: "raise-fence" });
    case "between resting readings":
      return go("resting", readSigns);

    case "fencing":
      if (answer !== true && state.round === 1) say("warn", LOG.fenceUnavailable, { settleMs: SETTLE_MS });
      state.end = now + (answer === true ? CONFIRM_MS : SETTLE_MS);
      return go("confirming", readSigns);
    case "confirming": {
      const found = evaluate(answer as Signs);
      if (found !== undefined) {
        say("info", "a job slipped in, waiting for it", { sign: found, round: state.round });
        Object.assign(state, { round: state.round + 1, open: false });
        return go("waiting", readSigns);
      }
      if (now < state.end) return go("between confirming readings", sleep(POLL_MS));
      // Take the listener from this same reading, which showed no job: by a second reading a job might have arrived.
      const { listener } = answer as Signs;
      // No listener: it may be about to be relaunched (crash, update; runsvc does so after 5 s). The fence stays up, so
      // that the new one cannot accept anything before systemd's signal ends it. The next start of the unit lowers it.
      if (listener === undefined) return end("idle");
      state.listener = listener;
      return go("interrupted", { ask: "interrupt", listener });
    }
    case "between confirming readings":
      return go("confirming", readSigns);

    case "interrupted":
      return go("quiet", sleep(QUIET_MS));
    case "quiet":
      return go("reopening", { ask: "lower-fence" });
    case "reopening":
      state.end = now + EXIT_MS;
      return go("leaving", readSigns);
    case "leaving": {
      const { listener } = answer as Signs;
      if (listener === undefined) return end("stopped");
      if (listener !== state.listener) {
        // It crashed while stopping, or updated itself, and was relaunched. The new listener accepts jobs like any other.
        say("info", "the listener was relaunched, draining the new one", { pid: listener });
        Object.assign(state, { round: state.round + 1, open: false, listener: undefined });
        return go("waiting", readSigns);
      }
      if (now < state.end) return go("between leaving readings", sleep(POLL_MS));
      say("warn", "the listener did not exit after SIGINT, leaving it to systemd", { pid: state.listener });
      return end("stopped");
    }
    case "between leaving readings":
      return go("leaving", readSigns);

    // The mark comes first: a second drain must not start a new wait, and the completion counts the forced stop.
    case "giving up":
      say("error", LOG.forcedStop, { maxDrain: (state.deadline - state.begun) / 1000, seconds: (now - state.begun) / 1000 });
      return go("gave up", { ask: "lower-fence" });
    case "gave up":
      return { state, next: { result: "forced" }, notes };
  }
}

/**
 * When the last job ended, as far as this drain knows: a worker that it saw itself, or the listener's announcement, in
 * whole seconds. An announcement from the future was written before the clock was set back, so it says nothing.
 */
function jobEndedAt({ jobEnded, announcedAt = Infinity }: Signs, workerAt = -Infinity, now: number): number {
  return Math.max(workerAt, jobEnded && announcedAt <= now ? announcedAt : -Infinity);
}
