/**
 * The drain's decisions, without its acts: from what it knows, and the answer to what it asked last, to what it asks
 * for next. Pure, and its state is plain data, so that every interleaving with its environment can be explored.
 */
import { LOG } from "../../../contract/actions-runner-pool/host";
import { inFlight, waitedInVainFor, type InFlight } from "./in-flight";
import type { LogFields } from "../../shared/ports/log";
import type { Signs } from "./ports/job-signs";

/** How often the signs are read, in ms: a few small files in /proc and /run. */
export const POLL_MS = 250;
/** With the fence up nothing new can arrive; this is for what the listener had read just before and not yet written down. */
const CONFIRM_MS = 1_500;
/** Without a fence it takes longer, so that an assignment under way shows itself. */
const SETTLE_MS = 10_000;
/** The listener gives up its poll on SIGINT before it gets the network back. */
const QUIET_MS = 1_000;
/** Closing its session takes the listener at most 30 s. */
const EXIT_MS = 35_000;
/** Back-off after a failed action, so that a broken host does not flood its journal. */
export const RETRY_MS = 5_000;

export type DrainResult = "idle" | "stopped" | "forced";

/** What the drain asks for. Each is answered (see Answers) before the next is asked. */
export type DrainRequest =
  | { ask: "read-signs" }
  | { ask: "main-alive" }
  | { ask: "raise-fence" }
  | { ask: "lower-fence" }
  | { ask: "interrupt"; listener: number }
  | { ask: "mark-forced" }
  | { ask: "sleep"; ms: number };

/** The signs that were read; whether the fence was moved; whether the main process lives; to the rest: nothing. */
export type DrainAnswer = Signs | boolean | undefined;

type DrainPhase =
  | "first reading"
  | "nothing found"
  | "waiting"
  | "letting the job out"
  | "between readings"
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

/** All that the drain remembers. Times are ms since the epoch. */
export interface DrainState {
  phase: DrainPhase;
  begun: number;
  /** When maxDrain is over. */
  deadline: number;
  round: number;
  /** When a worker was last seen: after a job of hours its announcement is old, its end yet unwritten. */
  workerAt?: number;
  /** In this round the fence was lowered, so the job in flight has its network. */
  open: boolean;
  /** When the present window (confirming, leaving) ends. */
  end: number;
  /** Whom the drain has asked to go. */
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
 * Whether a drain that pauses in this state does nothing but read the signs, every POLL_MS until its deadline, for as long as they
 * show what they showed a moment ago: a worker, which has its network. For simulations, which skip such readings.
 *
 * @param now the moment of the last reading
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
  const judge = (signs: Signs, at = now): InFlight => {
    if (signs.workers > 0) state.workerAt = at;
    return inFlight(signs, at, state.workerAt);
  };

  switch (state.phase) {
    case "first reading": {
      const signs = answer as Signs;
      // Nothing of the runner lives: a repeated drain, or a listener that exited by itself. Nothing to wait for, nothing to fence.
      if (signs.listener === undefined && signs.workers === 0) return go("nothing found", { ask: "main-alive" });
      say("info", LOG.drainBegun, { inFlight: judge(signs, state.begun) ?? "nothing" });
      return go("waiting", readSigns);
    }
    case "nothing found":
      if (answer === false) return { state, next: { result: "idle" }, notes };
      say("info", LOG.drainBegun, { inFlight: "nothing" });
      return go("waiting", readSigns);

    // No job runs behind the fence, which may still be up from the last round or from a drain that was killed.
    case "waiting":
      if (judge(answer as Signs) === undefined) {
        const sign = waitedInVainFor(answer as Signs, state.begun, now, state.workerAt);
        if (sign !== undefined) say("info", LOG.waitedInVain, { sign, seconds: (now - state.begun) / 1000 });
        return go("fencing", { ask: "raise-fence" });
      }
      if (now >= state.deadline) return go("giving up", { ask: "mark-forced" });
      return state.open ? go("between readings", sleep(POLL_MS)) : go("letting the job out", { ask: "lower-fence" });
    case "letting the job out":
      state.open = answer === true;
      return go("between readings", sleep(state.open ? POLL_MS : RETRY_MS));
    case "between readings":
      return go("waiting", readSigns);

    case "fencing":
      if (answer !== true && state.round === 1) say("warn", LOG.fenceUnavailable, { settleMs: SETTLE_MS });
      state.end = now + (answer === true ? CONFIRM_MS : SETTLE_MS);
      return go("confirming", readSigns);
    case "confirming": {
      const found = judge(answer as Signs);
      if (found !== undefined) {
        say("info", "a job slipped in, waiting on", { sign: found, round: state.round });
        Object.assign(state, { round: state.round + 1, open: false });
        return go("waiting", readSigns);
      }
      if (now < state.end) return go("between confirming readings", sleep(POLL_MS));
      // This very reading says both that there is no job and whom to ask: a second one could only meet a job unseen.
      const { listener } = answer as Signs;
      // None: it may be between two lives (crash, update; runsvc relaunches after 5 s). The fence stays up, so that the
      // next life cannot accept anything before systemd's own signal ends it; the next start of the unit lowers it.
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
        // It crashed on its way out, or updated itself, and was relaunched: this life accepts jobs like any other.
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

    // The mark first of all: a second drain must not begin to wait anew, and the completion counts the loss.
    case "giving up":
      say("error", LOG.forcedStop, { maxDrain: (state.deadline - state.begun) / 1000, seconds: (now - state.begun) / 1000 });
      return go("gave up", { ask: "lower-fence" });
    case "gave up":
      return { state, next: { result: "forced" }, notes };
  }
}
