/**
 * The runner's unit as systemd runs it: two ExecStop=, then SIGTERM to the main process alone (KillMode=process), then
 * ExecStopPost=; Restart=always unless the stop was requested. Not modelled: TimeoutStopSec=, which is longer than the
 * longest drain, and the SIGKILL after it.
 */
import { changed } from "./changed";
import { beginDrainProcess } from "./drain-process";
import { interrupted } from "./signals";
import type { Parts } from "./parts";
import { GENERATIONS, workers } from "./model";
import type { ModelState } from "./state";
import type { Transition } from "./transition";

/** `systemctl stop --no-block`. */
export function stop(w: ModelState, parts: Parts): ModelState {
  const asked = changed(w, { stopping: true, again: false });
  switch (w.unit) {
    case "inactive":
      return changed(w, { again: false });
    case "auto-restart":
      return changed(asked, { unit: "inactive" });
    case "start-pre":
      return changed(asked, { unit: "start-stopped" });
    case "active":
      return enterStop(asked, parts);
    default:
      return asked;
  }
}

/** `systemctl start --no-block`. During a stop it is queued behind the stop. */
export function start(w: ModelState): ModelState {
  switch (w.unit) {
    case "inactive":
    case "auto-restart":
      return enterStart(w);
    case "active":
    case "start-pre":
      return w;
    default:
      return changed(w, { again: true });
  }
}

function enterStart(w: ModelState): ModelState {
  return changed(w, {
    unit: "start-pre",
    everStarted: true,
    stopping: false,
    again: false,
    reap: { answers: 0, kills: false, drain: null },
  });
}

function enterStop(w: ModelState, parts: Parts): ModelState {
  return drainEnded(changed(w, { unit: "stop-1" }), parts, beginDrainProcess(w, parts));
}

/** Keeps the unit's phase while the drain lasts. After a forced stop the drain ends at once. */
function drainEnded(w: ModelState, parts: Parts, drain: ModelState["drain"]): ModelState {
  if (drain) return changed(w, { drain });
  if (w.unit === "post drains") return changed(w, { drain: null, unit: "post" });
  return w.unit === "stop-1" ? changed(w, { drain: null, unit: "stop-2" }) : afterStops(changed(w, { drain: null }), parts);
}

/** The process of an ExecStop= has exited, or was killed. */
export function execStopOver(w: ModelState, parts: Parts, killed: boolean): ModelState {
  // The script starts it again.
  if (w.unit === "stop-2 drains" && killed) return changed(w, { drain: null, unit: "stop-2" });
  return drainEnded(w, parts, null);
}

function enterPost(w: ModelState, parts: Parts): ModelState {
  // As in the script: a crash leaves a listener or a worker behind, a stop does not.
  const left = w.listener !== null || workers(w) > 0;
  return drainEnded(changed(w, { unit: "post drains" }), parts, left ? beginDrainProcess(w, parts) : null);
}

function afterStops(w: ModelState, parts: Parts): ModelState {
  if (w.main === "dead") return enterPost(w, parts);
  // SIGTERM to runsvc.sh: its supervisor forwards it as SIGINT and stops relaunching.
  const signalled = interrupted(changed(w, { unit: "sigterm", main: "signalled", relaunch: false }), "systemd's SIGTERM");
  return signalled.listener ? signalled : changed(signalled, { main: "ending", supervisor: false });
}

/** The main process has exited. systemd runs ExecStop= after a clean exit too, but not after a crash. */
export function mainExited(w: ModelState, clean: boolean, parts: Parts): ModelState {
  const dead: ModelState = changed(w, { main: "dead" });
  if (w.unit === "active") return clean ? enterStop(dead, parts) : enterPost(dead, parts);
  return w.unit === "sigterm" ? enterPost(dead, parts) : dead;
}

/** ExecStartPre= ended: the listener starts, or the start has failed. */
export function startPreOver(w: ModelState, good: boolean, parts: Parts): ModelState {
  const over: ModelState = changed(w, { reap: null });
  if (w.unit === "start-stopped" || !good) return enterPost(over, parts);
  const generation = (w.generation + 1) % GENERATIONS;
  return changed(over, {
    unit: "active",
    main: "running",
    supervisor: true,
    relaunch: false,
    generation,
    listener: { generation, phase: "starting" },
  });
}

export function* unitTransitions(w: ModelState, parts: Parts): Generator<Transition> {
  const own = (label: string, to: ModelState): Transition => ({ label, to, kind: "own" });
  switch (w.unit) {
    case "stop-2":
      // As in the script: after a forced stop, or with nothing left, it ends at once.
      if (w.forced || (w.listener === null && workers(w) === 0)) yield own("second stop command: nothing to do", afterStops(w, parts));
      else
        yield own(
          "second stop command drains again",
          drainEnded(changed(w, { unit: "stop-2 drains" }), parts, beginDrainProcess(w, parts)),
        );
      return;
    case "post": {
      const after: ModelState = changed(w, {
        completion: w.completion && w.completion !== "again" ? w.completion : { answers: 0, kills: false, drain: null },
      });
      if (w.again || w.stopping) yield own("unit stopped, completion requested", changed(after, { unit: "inactive" }));
      else yield own("unit stopped, completion requested, restart in 10 s", changed(after, { unit: "auto-restart" }));
      return;
    }
    case "inactive":
      if (w.again && !w.shutdown) yield own("systemd runs the queued start", enterStart(w));
      return;
    case "auto-restart":
      yield own("systemd restarts the unit", enterStart(w));
      return;
  }
}
