/**
 * The complete state of the model as plain data: one instance, two jobs, one termination. Transitions never change a
 * state, they create a new one, so that a state is its own key.
 *
 * Times are not numbers here but what the code can distinguish: an announcement's age is "fresh", "older than ten
 * minutes" or "older than WORKERLESS_BOUND_MS", a message's one of "young", "minutes" and "older than ACQUIRE_BOUND_MS", a
 * window is over or not. `signsOf` (model.ts) converts them back to numbers.
 */
import type { DaemonState } from "../../../host-config/actions-runner-pool/agent/daemon-state";
import type { DrainState, DrainStep } from "../../../host-config/actions-runner-pool/agent/drain-steps";
import type { Pause } from "./pause-state";

/** Phases of the official runner's listener, between two points that another process could observe or interrupt. */
export type Phase =
  | "starting" // running, has no session yet
  | "polling"
  | "read" // a message has left GitHub; nothing is logged yet
  | "acquiring" // MessageReceived is in the performance log; GitHub has not handed over the job yet
  | "unanswered" // GitHub has handed over the job, but its answer was lost: accepted, and the listener will ask again
  | "acquired" // GitHub has handed over the job: from here on it is accepted
  | "announced" // "Running job" is written, the lock is being renewed, no worker yet
  | "running" // the worker is running
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
  | "start-stopped" // stopped during ExecStartPre=, which ignores its SIGTERM
  | "post drains" // ExecStopPost=, the drain, for processes that a crash left behind
  | "post" // ExecStopPost=, after-stop.sh
  | "auto-restart"; // RestartSec=

export interface DrainProcess {
  state: DrainState;
  next: DrainStep["next"];
  /** Whether its last attempt to raise the fence succeeded. */
  fenced: boolean;
}

/** A real function that waits at a port. Its answers so far (see Answers) determine where it is. */
export interface ReplayedProcess {
  answers: number;
  /** Its next call kills leftovers. */
  kills: boolean;
  /** The drain of leftovers that it waits for, if any. */
  drain: DrainProcess | null;
}

/** The part of the daemon's state that its decisions here depend on; "never started" and "not read yet" are the same. */
export type DaemonMemory = Pick<DaemonState, "target" | "started" | "lifecycle"> & { paused?: true };

export interface ModelState {
  /** The old protocol (GitHub Enterprise Server): the message is the job itself, so reading it accepts the job. */
  v1: boolean;
  /** Jobs that GitHub has not assigned yet. */
  jobs: number;
  registered: boolean;
  /** GitHub lists the runner to the sweep; it does not when the pool's settings name another organization. */
  listed: boolean;
  listener: { generation: number; phase: Phase } | null;
  generation: number;
  announcement: "idle" | "busy" | null;
  announcementAge: number;
  /**
   * The last message is later than the last announcement: seconds ago, minutes ago (its acquisition needs another try), or
   * longer ago than ACQUIRE_BOUND_MS. Null also if the listener has said that it skips it.
   */
  message: "young" | "minutes" | "old" | null;
  /** Workers whose listener died, with a job that GitHub still waits for. */
  orphans: number;
  /** Workers whose job GitHub has given up because its lock was not renewed for ten minutes. */
  ghosts: number;
  /** runsvc.sh, the unit's main process. `signalled`: it received SIGTERM. `ending`: its supervisor has exited. */
  main: "running" | "signalled" | "ending" | "dead";
  /** RunnerService.js, which relaunches a listener; it outlives a killed runsvc.sh. */
  supervisor: boolean;
  relaunch: boolean;
  unit: UnitPhase;
  everStarted: boolean;
  /** The stop was requested, so Restart= does not apply. */
  stopping: boolean;
  /** A start is queued behind the stop. */
  again: boolean;
  fence: boolean;
  fenceWorks: boolean;
  /** The drain of ExecStop=. */
  drain: DrainProcess | null;
  reap: ReplayedProcess | null;
  /** `again`: failed, waiting for RestartSec=. */
  completion: ReplayedProcess | "again" | null;
  daemon: DaemonMemory | null;
  heartbeatDue: boolean;
  forced: boolean;
  uncounted: boolean;
  /** No listener may start any more: the mark of a termination or, if `returns`, of a return. */
  leaving: boolean;
  /** Auto Scaling selects the instance for a return to the warm pool, not for a termination. */
  returns: boolean;
  /** The machine was renewed for its return. */
  renewed: boolean;
  hook: "none" | "wait" | "continued" | "retained";
  /** IMDS shows the termination. */
  shown: boolean;
  /** Time since the last heartbeat: 1, ten minutes; 2, one more interval. */
  silent: number;
  /** Units of ten minutes since the retention. */
  retainedFor: number;
  /** Units of ten minutes that the action has been open without anything to wait for. */
  idleFor: number;
  terminatedEvent: boolean;
  /** Auto Scaling answers none of our calls. */
  outage: boolean;
  /** There was an outage since the last heartbeat. */
  outageSinceBeat: boolean;
  shutdown: boolean;
  pause: Pause | null;
  faults: number;
  gone: boolean;
  /** Description of the broken promise. */
  broken: string | null;
}
