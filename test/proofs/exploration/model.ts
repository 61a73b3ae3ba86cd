/** What the transitions, the searched conditions and the programs read of a state, and the states that a search begins with. */
import type { ActiveState } from "../../../host-config/shared/unit-state";
import type { Signs } from "../../../host-config/actions-runner-pool/agent/ports/job-signs";
import { changed } from "./changed";
import type { Pause } from "./pause-state";
import type { ModelState, Phase } from "./state";

/** The time on every clock of the exploration; past times are relative to it. */
export const NOW = 1_800_000_000_000;

/** A listener's pid is its generation, modulo this: after that many generations no process remembers an earlier one. */
export const GENERATIONS = 4;

/** In service, registered, idle, not selected for termination. */
export function inService(faults: number): ModelState {
  return {
    v1: false,
    jobs: 2,
    registered: true,
    listed: true,
    listener: { generation: 0, phase: "polling" },
    generation: 0,
    announcement: "idle",
    announcementAge: 2,
    message: null,
    orphans: 0,
    ghosts: 0,
    main: "running",
    supervisor: true,
    relaunch: false,
    unit: "active",
    everStarted: true,
    stopping: false,
    again: false,
    fence: false,
    fenceWorks: true,
    drain: null,
    reap: null,
    completion: null,
    daemon: { target: "InService", started: true },
    heartbeatDue: false,
    forced: false,
    uncounted: false,
    leaving: false,
    returns: false,
    renewed: false,
    hook: "none",
    shown: false,
    silent: 0,
    retainedFor: 0,
    idleFor: 0,
    terminatedEvent: false,
    outage: false,
    outageSinceBeat: false,
    shutdown: false,
    pause: null,
    faults,
    gone: false,
    broken: null,
  };
}

export const GONE = changed(inService(0), { jobs: 0, listener: null, main: "dead", unit: "inactive", daemon: null, gone: true });

const ACCEPTED: readonly Phase[] = ["unanswered", "acquired", "announced", "running"];
const ASSIGNED: readonly Phase[] = ["read", "acquiring"];

export function listenerHasJob(w: ModelState): boolean {
  return w.listener !== null && (ACCEPTED.includes(w.listener.phase) || (w.v1 && ASSIGNED.includes(w.listener.phase)));
}

/** 1 if GitHub would re-queue the message that the listener has read, should the listener exit now. */
export function requeued(w: ModelState): number {
  return w.listener !== null && !w.v1 && ASSIGNED.includes(w.listener.phase) ? 1 : 0;
}

/** A job that GitHub counts as this runner's, and waits for. */
export function accepted(w: ModelState): boolean {
  return w.orphans > 0 || listenerHasJob(w);
}

/** systemd applies address filters only to running units. */
export function fenced(w: ModelState): boolean {
  return w.fence && w.unit !== "inactive";
}

export function workers(w: ModelState): number {
  return w.orphans + w.ghosts + (w.listener?.phase === "running" ? 1 : 0);
}

export function activeState(w: ModelState): ActiveState {
  switch (w.unit) {
    case "inactive":
    case "active":
      return w.unit;
    case "start-pre":
    case "auto-restart":
      return "activating";
    default:
      return "deactivating";
  }
}

/** Ms. Two tries of 100 s each, of which the first got no answer, take more than 200 s. */
const MESSAGE_AGE = { young: 5_000, minutes: 240_000, old: 605_000 };
const ANNOUNCED_AT = [NOW - 10_000, NOW - 610_000, NOW - 7_200_000];

/** One read of the signs. A message may still be reported as young although the last announcement is newer. */
export function signsOf(w: ModelState): Signs {
  if (w.listener === null) return { workers: workers(w) };
  const announcedAt =
    w.announcement === null
      ? undefined
      : ANNOUNCED_AT[w.message === "old" || w.message === "minutes" ? Math.max(1, w.announcementAge) : w.announcementAge]!;
  const before = announcedAt === undefined ? undefined : announcedAt - 5_000;
  const messageAt = w.message === null ? before : NOW - MESSAGE_AGE[w.message];
  return { listener: 100 + w.listener.generation, workers: workers(w), announced: w.announcement ?? undefined, announcedAt, messageAt };
}

export function terminating(w: ModelState): boolean {
  return w.hook !== "none";
}

export function breakPromise(w: ModelState, words: string): ModelState {
  return changed(w, { broken: w.broken ?? words });
}

export function paused(w: ModelState, change: Partial<Pause>): ModelState {
  return w.pause ? changed(w, { pause: { ...w.pause, ...change } }) : w;
}
