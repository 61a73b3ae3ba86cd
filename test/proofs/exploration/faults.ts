/** Faults that may happen at any moment; a failing call is modelled where the call is made. */
import { changed } from "./changed";
import { FRESH_DAEMON } from "./agent";
import { ended } from "./answers";
import type { Parts } from "./parts";
import { runnerFaults } from "./runner";
import { execStopOver, start, startPreOver, stop } from "./systemd";
import { NOW, accepted, activeState, paused, requeued, terminating } from "./model";
import type { DrainProcess, ModelState } from "./state";
import type { Transition } from "./transition";

export function* faultTransitions(w: ModelState, parts: Parts): Generator<Transition> {
  if (w.faults === 0) return;
  yield* runnerFaults(w, parts);
  const fault = (label: string, to: ModelState): Transition => ({
    label: `FAULT: ${label}`,
    to: changed(to, { faults: w.faults - 1 }),
    kind: "fault",
  });
  const acts = terminating(w) || w.pause?.standby || w.pause?.marked || typeof w.pause?.work === "number";
  if (w.daemon && acts) yield fault("the agent is killed", paused(changed(w, { daemon: FRESH_DAEMON }), { work: null }));
  if (w.drain) yield fault("the drain is killed", execStopOver(w, parts, true));
  if (w.reap) yield fault("the start's ExecStartPre= is killed", startPreOver(w, false, parts));
  if (w.completion && w.completion !== "again") yield fault("the completion is killed", changed(w, { completion: "again" }));
  yield* tooLong(w, fault);
  // Earlier it would change nothing: only the sweep of a retained instance relies on the list.
  if (w.hook === "retained" && w.registered && w.listed) yield fault("GitHub does not list the runner", changed(w, { listed: false }));
  if (w.shutdown) return;
  const stopped = stop(w, parts);
  if (activeState(w) !== "inactive") {
    yield fault("an operator stops the unit", paused(stopped, { operated: true }));
    yield fault("an operator restarts the unit", changed(stopped, { again: true }));
  } else yield fault("an operator starts the unit", start(w));
  if (activeState(w) === "deactivating" && !w.again) yield fault("an operator starts the unit while it stops", start(w));
  yield fault("an operator reboots the machine", paused(changed(stopped, { again: false, daemon: null, shutdown: true }), { work: null }));
}

/** A job that outlasts maxDrain: the only documented reason for the drain to give up. */
function* tooLong(w: ModelState, fault: (label: string, to: ModelState) => Transition): Generator<Transition> {
  const late = (drain: DrainProcess): DrainProcess => ({ ...drain, state: { ...drain.state, deadline: NOW } });
  if (accepted(w) && w.drain?.state.phase === "between readings")
    yield fault("the job outlasts maxDrain", changed(w, { drain: late(w.drain) }));
}

/** The end of an orderly shutdown, once the unit is stopped, and the boot after it: /run is empty. */
export function* bootTransitions(w: ModelState): Generator<Transition> {
  if (!w.shutdown || w.unit !== "inactive") return;
  const off = ended(w, "a reboot ends");
  yield {
    label: "the machine goes down and boots",
    kind: "own",
    to: changed(off, {
      gone: false,
      jobs: w.jobs + requeued(w),
      listener: null,
      announcement: null,
      announcementAge: 0,
      message: null,
      orphans: 0,
      ghosts: 0,
      main: "dead",
      supervisor: false,
      relaunch: false,
      unit: "inactive",
      everStarted: false,
      stopping: false,
      again: false,
      fence: false,
      drain: null,
      reap: null,
      completion: null,
      daemon: FRESH_DAEMON,
      heartbeatDue: false,
      forced: false,
      uncounted: false,
      shutdown: false,
      pause: w.pause && { ...w.pause, marked: false, operated: false },
    }),
  };
}
