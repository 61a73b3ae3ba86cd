/**
 * One instance, two jobs, one termination: all that there is, as plain data. Transitions never change a world, they
 * make a new one, so that a world is its own key.
 *
 * Times are not numbers in here but what the code can tell apart: an announcement's age is "fresh", "older than ten
 * minutes" or "older than WORKERLESS_BOUND_MS", a window is over or not. `signsOf` gives them back as numbers.
 */
import type { DaemonState } from "../../../host-config/actions-runner-pool/agent/daemon-state";
import type { DrainState, DrainStep } from "../../../host-config/actions-runner-pool/agent/drain-steps";
import type { ActiveState } from "../../../host-config/shared/unit-state";
import type { Signs } from "../../../host-config/actions-runner-pool/agent/ports/job-signs";

/** What every clock of the exploration says; the past is given relative to it. */
export const NOW = 1_800_000_000_000;

/** A listener's pid is that of its life; so many later lives nobody remembers an earlier one. */
export const LIVES = 4;

/** Of the official runner's listener, between two things that somebody else could notice or interrupt. */
export type Phase =
  | "starting" // lives, has no session yet
  | "polling"
  | "read" // a message has left GitHub; nothing is written down yet
  | "acquiring" // MessageReceived is in the performance log; GitHub has not given the job yet
  | "acquired" // GitHub has given the job: from here on it is accepted
  | "announced" // "Running job" is written, the lock is being renewed, no worker yet
  | "running" // the worker lives
  | "ended" // the worker has reported the end; "completed with result" is not written yet
  | "closing"; // after SIGINT: closes its session and exits with 0

type UnitPhase =
  | "inactive"
  | "start-pre"
  | "active"
  | "stop-1" // ExecStop=, the drain
  | "stop-2" // ExecStop=, stop-again.sh
  | "stop-2 drains" // ... in which the drain runs again
  | "sigterm"
  | "start-stopped" // stopped during ExecStartPre=: that was sent SIGTERM and ignores it
  | "post drains" // ExecStopPost=, the drain, for what a crash left behind
  | "post" // ExecStopPost=, after-stop.sh
  | "auto-restart"; // RestartSec=

export interface DrainProcess {
  state: DrainState;
  next: DrainStep["next"];
  /** What it was told when it last raised the fence. */
  fenced: boolean;
}

/** A real function that waits at a port: the answers that it has got so far (see Answers) say all about where it is. */
export interface ReplayedProcess {
  answers: number;
  /** The next that it does is to kill leftovers. */
  kills: boolean;
  /** The drain of leftovers, while it waits for that. */
  drain: DrainProcess | null;
}

/** Of the daemon's state, what its decisions here rest on; never started and not read yet are the same. */
export type DaemonMemory = Pick<DaemonState, "target" | "started" | "lifecycle">;

export interface ModelState {
  /** The old protocol: the message is the job itself, so whoever has read it has accepted it (GitHub Enterprise Server). */
  v1: boolean;
  /** That GitHub has still to give to somebody. */
  jobs: number;
  registered: boolean;
  listener: { life: number; phase: Phase } | null;
  life: number;
  said: "idle" | "busy" | null;
  saidAge: number;
  /** The last message is later than the last announcement, and younger or older than ACQUIRE_BOUND_MS. */
  message: "young" | "old" | null;
  /** Workers whose listener died, with a job that GitHub still waits for. */
  orphans: number;
  /** Workers whose job GitHub has given up, as nobody renewed its lock for ten minutes. */
  ghosts: number;
  /** runsvc.sh, the unit's main process. `told`: it got SIGTERM. `ending`: its supervisor is through. */
  main: "alive" | "told" | "ending" | "dead";
  /** RunnerService.js, which relaunches a listener; it outlives a killed runsvc.sh. */
  supervisor: boolean;
  relaunch: boolean;
  unit: UnitPhase;
  everStarted: boolean;
  /** Somebody asked for the stop, so Restart= does not apply. */
  stopping: boolean;
  /** A start is queued behind the stop. */
  again: boolean;
  fence: boolean;
  fenceWorks: boolean;
  /** The one of ExecStop=. */
  drain: DrainProcess | null;
  reap: ReplayedProcess | null;
  /** `again`: failed, RestartSec= runs. */
  completion: ReplayedProcess | "again" | null;
  daemon: DaemonMemory | null;
  heartbeatDue: boolean;
  forced: boolean;
  reported: boolean;
  leaving: boolean;
  hook: "none" | "wait" | "continued" | "retained";
  /** The metadata shows it. */
  shown: boolean;
  /** Since the last beat: 1, ten minutes; 2, and an interval. */
  silent: number;
  /** Of ten minutes each, since the retention. */
  retainedFor: number;
  /** Intervals that the action has been open without anything to wait for. */
  idleFor: number;
  terminatedEvent: boolean;
  /** Auto Scaling answers no call of ours. */
  outage: boolean;
  /** It did not at some time since the last beat. */
  unheard: boolean;
  shutdown: boolean;
  faults: number;
  gone: boolean;
  /** The promise that was broken, in words. */
  broken: string | null;
}

/** In service, registered, idle; nobody has asked it to go. */
export function inService(faults: number): ModelState {
  return {
    v1: false,
    jobs: 2,
    registered: true,
    listener: { life: 0, phase: "polling" },
    life: 0,
    said: "idle",
    saidAge: 2,
    message: null,
    orphans: 0,
    ghosts: 0,
    main: "alive",
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
    reported: false,
    leaving: false,
    hook: "none",
    shown: false,
    silent: 0,
    retainedFor: 0,
    idleFor: 0,
    terminatedEvent: false,
    outage: false,
    unheard: false,
    shutdown: false,
    faults,
    gone: false,
    broken: null,
  };
}

export const GONE: ModelState = { ...inService(0), jobs: 0, listener: null, main: "dead", unit: "inactive", daemon: null, gone: true };

const ACCEPTED: readonly Phase[] = ["acquired", "announced", "running"];
const ASSIGNED: readonly Phase[] = ["read", "acquiring"];

export function listenerHasJob(w: ModelState): boolean {
  return w.listener !== null && (ACCEPTED.includes(w.listener.phase) || (w.v1 && ASSIGNED.includes(w.listener.phase)));
}

/** 1 if GitHub gives to somebody else what the listener has read, should the listener go now. */
export function requeued(w: ModelState): number {
  return w.listener !== null && !w.v1 && ASSIGNED.includes(w.listener.phase) ? 1 : 0;
}

/** A job that GitHub counts as this runner's, and waits for. */
export function accepted(w: ModelState): boolean {
  return w.orphans > 0 || listenerHasJob(w);
}

/** systemd applies address filters only to units that run. */
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

const SAID_AT = [NOW - 10_000, NOW - 610_000, NOW - 7_200_000];

/** One look. A message that is older than the last announcement is given as young all the same, if that may be. */
export function signsOf(w: ModelState): Signs {
  if (w.listener === null) return { workers: workers(w) };
  const announcedAt = w.said === null ? undefined : SAID_AT[w.message === "old" ? Math.max(1, w.saidAge) : w.saidAge]!;
  const before = announcedAt === undefined ? undefined : announcedAt - 5_000;
  const messageAt = w.message === "young" ? NOW - 5_000 : w.message === "old" ? NOW - 130_000 : before;
  return { listener: 100 + w.listener.life, workers: workers(w), announced: w.said ?? undefined, announcedAt, messageAt };
}

export function terminating(w: ModelState): boolean {
  return w.hook !== "none";
}

export function breakPromise(w: ModelState, words: string): ModelState {
  return { ...w, broken: w.broken ?? words };
}
