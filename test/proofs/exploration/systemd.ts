/**
 * The runner's unit as systemd runs it: two ExecStop=, then SIGTERM to the main process alone (KillMode=process), then
 * ExecStopPost=; Restart=always unless somebody asked for the stop. Not in here: TimeoutStopSec=, which is longer than
 * the longest drain, and SIGKILL after it.
 */
import { beginDrainProcess } from "./drain-process";
import { interrupted } from "./signals";
import type { Parts } from "./parts";
import { LIVES, workers, type ModelState } from "./model";
import type { Transition } from "./transition";

/** `systemctl stop --no-block`. */
export function stop(w: ModelState, parts: Parts): ModelState {
  const asked = { ...w, stopping: true, again: false };
  switch (w.unit) {
    case "inactive":
      return { ...w, again: false };
    case "auto-restart":
      return { ...asked, unit: "inactive" };
    case "start-pre":
      return { ...asked, unit: "start-stopped" };
    case "active":
      return enterStop(asked, parts);
    default:
      return asked;
  }
}

/** `systemctl start --no-block`. Behind a stop it waits for that. */
export function start(w: ModelState): ModelState {
  switch (w.unit) {
    case "inactive":
    case "auto-restart":
      return enterStart(w);
    case "active":
    case "start-pre":
      return w;
    default:
      return { ...w, again: true };
  }
}

function enterStart(w: ModelState): ModelState {
  return { ...w, unit: "start-pre", everStarted: true, stopping: false, again: false, reap: { answers: 0, kills: false, drain: null } };
}

function enterStop(w: ModelState, parts: Parts): ModelState {
  return drainEnded({ ...w, unit: "stop-1" }, parts, beginDrainProcess(w, parts));
}

/** Stays where it is while the drain lasts. A drain after a forced stop ends at once. */
function drainEnded(w: ModelState, parts: Parts, drain: ModelState["drain"]): ModelState {
  if (drain) return { ...w, drain };
  if (w.unit === "post drains") return { ...w, drain: null, unit: "post" };
  return w.unit === "stop-1" ? { ...w, drain: null, unit: "stop-2" } : afterStops({ ...w, drain: null }, parts);
}

/** The process of an ExecStop= is gone: it came to its end, or it was killed. */
export function execStopOver(w: ModelState, parts: Parts, killed: boolean): ModelState {
  // The script begins it again.
  if (w.unit === "stop-2 drains" && killed) return { ...w, drain: null, unit: "stop-2" };
  return drainEnded(w, parts, null);
}

function enterPost(w: ModelState, parts: Parts): ModelState {
  // As the script does: a crash leaves a listener or a worker behind, a stop does not.
  const left = w.listener !== null || workers(w) > 0;
  return drainEnded({ ...w, unit: "post drains" }, parts, left ? beginDrainProcess(w, parts) : null);
}

function afterStops(w: ModelState, parts: Parts): ModelState {
  if (w.main === "dead") return enterPost(w, parts);
  // SIGTERM to runsvc.sh: its supervisor passes it on as SIGINT and relaunches nothing any more.
  const told = interrupted({ ...w, unit: "sigterm", main: "told", relaunch: false }, "systemd's SIGTERM");
  return told.listener ? told : { ...told, main: "ending", supervisor: false };
}

/** The main process is gone. systemd runs ExecStop= also after a clean exit, but not after a crash. */
export function mainExited(w: ModelState, clean: boolean, parts: Parts): ModelState {
  const dead: ModelState = { ...w, main: "dead" };
  if (w.unit === "active") return clean ? enterStop(dead, parts) : enterPost(dead, parts);
  return w.unit === "sigterm" ? enterPost(dead, parts) : dead;
}

/** ExecStartPre= ended: the listener starts, or the start has failed. */
export function startPreOver(w: ModelState, good: boolean, parts: Parts): ModelState {
  const over: ModelState = { ...w, reap: null };
  if (w.unit === "start-stopped" || !good) return enterPost(over, parts);
  const life = (w.life + 1) % LIVES;
  return { ...over, unit: "active", main: "alive", supervisor: true, relaunch: false, life, listener: { life, phase: "starting" } };
}

export function* unitTransitions(w: ModelState, parts: Parts): Generator<Transition> {
  const own = (label: string, to: ModelState): Transition => ({ label, to, kind: "own" });
  switch (w.unit) {
    case "stop-2":
      // As the script does: after a forced stop, or with nothing left, it ends at once.
      if (w.forced || (w.listener === null && workers(w) === 0)) yield own("second stop command: nothing to do", afterStops(w, parts));
      else yield own("second stop command drains again", drainEnded({ ...w, unit: "stop-2 drains" }, parts, beginDrainProcess(w, parts)));
      return;
    case "post": {
      const after: ModelState = {
        ...w,
        completion: w.completion && w.completion !== "again" ? w.completion : { answers: 0, kills: false, drain: null },
      };
      if (w.again || w.stopping) yield own("unit stopped, completion asked for", { ...after, unit: "inactive" });
      else yield own("unit stopped, completion asked for, restart in 10 s", { ...after, unit: "auto-restart" });
      return;
    }
    case "inactive":
      if (w.again && !w.shutdown) yield own("systemd begins the queued start", enterStart(w));
      return;
    case "auto-restart":
      yield own("systemd restarts the unit", enterStart(w));
      return;
  }
}
