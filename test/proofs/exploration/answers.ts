/** The model's answer to a call of our code, and the call's effect on the model. */
import { changed } from "./changed";
import type { LifecycleState } from "../../../contract/aws/lifecycle";
import type { Parts } from "./parts";
import type { Answer, PortCall } from "./replay";
import { interrupted, killAll } from "./signals";
import { start, stop } from "./systemd";
import { accepted, activeState, breakPromise, fenced, paused, signsOf, terminating } from "./model";
import type { ModelState } from "./state";

export const INSTANCE = "i-0123456789abcdef0";

export interface FailedCall {
  words: string;
  /** The call took effect and only its answer was lost. */
  applied: boolean;
}

/** The calls that may fail. Calls that fail in the same way are represented by one of them. */
export function canFail({ port }: PortCall): FailedCall[] {
  const fails = { words: `${port} fails`, applied: false };
  switch (port) {
    case "targetState":
    case "read signs":
    case "lower fence":
    case "heartbeat":
    case "unit state":
    case "start completion":
    case "send stop":
      return [fails];
    case "raise fence":
    case "complete":
      return [fails, { words: `${port} works, but its answer is lost`, applied: true }];
    default:
      return [];
  }
}

export function answer(w: ModelState, { port, args }: PortCall, parts: Parts): [ModelState, Answer] {
  const is = (value: unknown): [ModelState, Answer] => [w, { value }];
  const done = (after: ModelState, value?: unknown): [ModelState, Answer] => [after, { value }];
  const refused = (error: string): [ModelState, Answer] => [w, { error }];
  switch (port) {
    case "sleep":
      return is(undefined);
    case "targetState":
      if (terminating(w) && w.shown) return is(w.returns ? "Warmed:Stopped" : "Terminated");
      return is(w.pause?.standby ? "Standby" : "InService");
    case "read signs":
      return is(signsOf(w));

    case "unit state":
      return is({ active: activeState(w), everStarted: w.everStarted, mainAlive: w.main !== "dead" });
    case "start":
      return done(w.shutdown ? w : start(w));
    case "stop":
      return done(stop(w, parts));
    case "raise fence":
      return w.fenceWorks ? done(changed(w, { fence: true }), w.unit !== "inactive") : is(false);
    case "lower fence":
      return done(changed(w, { fence: false }));
    case "interrupt":
      return done(w.listener && 100 + w.listener.generation === args[0] ? interrupted(w, "the drain's SIGINT") : w);
    case "kill leftovers":
      return done(killAll(w, "the SIGKILL to leftovers"), true);
    case "start completion":
      return done(
        w.completion === null || w.completion === "again" ? changed(w, { completion: { answers: 0, kills: false, drain: null } }) : w,
      );
    case "start heartbeat":
      return done(changed(w, { heartbeatDue: true }));

    case "is forced":
      return is(w.forced);
    case "is uncounted":
      return is(w.uncounted);
    case "mark forced":
      return done(changed(w, { forced: true, uncounted: true }));
    case "mark counted":
      return done(changed(w, { uncounted: false }));
    case "clear mark":
      return done(changed(w, { forced: false }));

    case "mark pause":
      return done(paused(w, { marked: true }));
    case "is paused":
      return is(w.pause?.marked ?? false);
    case "clear pause":
      return done(paused(w, { marked: false }));

    case "mark departure":
      return done(
        terminating(w) ? changed(w, { leaving: true }) : breakPromise(w, "let go: an instance that stays starts no more listeners"),
      );
    case "is departing":
      return is(w.leaving && !w.returns);
    case "mark return":
      return done(
        terminating(w) && w.returns
          ? changed(w, { leaving: true })
          : breakPromise(w, "let go: an instance that stays is marked as returning"),
      );
    case "is returning":
      return is(w.leaving && w.returns);
    case "has served":
      return is(!w.renewed);
    case "clear service":
      return done(changed(w, { renewed: true }));

    case "lifecycle state":
      return w.outage ? refused("Rate exceeded") : is(lifecycleState(w));
    case "complete":
      if (w.outage) return refused("Rate exceeded");
      if (!terminating(w)) return done(breakPromise(w, "let go: the termination of an instance that stays is completed"), "none");
      return w.hook === "wait" && args[0] === "pool-terminate" ? done(changed(w, { hook: "continued" }), "done") : is("none");
    case "heartbeat":
      if (w.outage) return refused("Rate exceeded");
      return w.hook === "wait" ? done(changed(w, { silent: 0, outageSinceBeat: false }), "done") : is("none");

    case "send stop":
      // A late command is covered by a late event.
      return done(w.shutdown ? w : stop(w, parts), "sent");
    case "lifecycle states":
      return is([[INSTANCE, lifecycleState(w)]]);
    case "find runner":
      return is(w.registered && w.listed ? runnerAtGitHub(w) : undefined);
    case "cordon":
      return is("removed");
    case "remove runner":
      return done(removed(w), "deleted");
    case "terminate":
      return done(ended(w, "the sweep ends"));
    default:
      throw new Error(`the model has no port "${port}"`);
  }
}

export function lifecycleState(w: ModelState): LifecycleState {
  if (w.returns && w.hook !== "none") {
    const states = { wait: "Warmed:Pending:Wait", continued: "Warmed:Pending:Proceed", retained: "Warmed:Pending:Retained" } as const;
    return states[w.hook];
  }
  const states = {
    none: w.pause?.standby ? "Standby" : "InService",
    wait: "Terminating:Wait",
    continued: "Terminating:Proceed",
    retained: "Terminating:Retained",
  } as const;
  return states[w.hook];
}

/** GitHub's view without its lag of up to a minute. */
export function runnerAtGitHub(w: ModelState) {
  return {
    id: 1,
    name: INSTANCE,
    online: w.listener !== null && w.listener.phase !== "starting" && !fenced(w),
    busy: accepted(w),
    labels: ["pool"],
  };
}

/** GitHub's `busy` lags, so a DELETE may hit a runner with an accepted job, which cancels the job. */
function removed(w: ModelState): ModelState {
  const gone: ModelState = changed(w, { registered: false });
  return accepted(w) ? breakPromise(gone, "deleted under: the runner is removed at GitHub while it has a job") : gone;
}

/** The instance is terminated. */
export function ended(w: ModelState, by: string): ModelState {
  const gone: ModelState = changed(w, { gone: true });
  return accepted(w) && !w.forced ? breakPromise(gone, `terminated in flight: ${by} the instance while it has a job`) : gone;
}
