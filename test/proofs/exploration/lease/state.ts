import type { Item } from "../../../../functions/shared/ledger/attributes";

/** Two runs of two repositories. */
export type RunIndex = 0 | 1;

export interface Run {
  /**
   * `asking`: it repeats its request for the machine. `queued`: it has the label, and its job waits for the runner. `working`: the job
   * runs. `releasing`: it repeats its request to stop. `done`: it sends no request any more, also because it ended without a word.
   */
  phase: "asking" | "queued" | "working" | "releasing" | "done";
  /** Generation of the label that its job asks for. */
  label: number | null;
  /** Jobs that it will still need the machine for, after the first. */
  again: number;
}

/** A request of a run, or a pass of the reaper: real code between two of its calls. */
export interface Process {
  kind: "start" | "stop" | "reap";
  run: RunIndex | null;
  /** The answers since it last began anew; see replay.ts. */
  answers: number;
  /** Whose start it makes. */
  generation: number | null;
  /** Its last call was the write that confirms that start. */
  confirmed: boolean;
  /** The run waits for its reply. */
  awaited: boolean;
}

/**
 * `booting`: waits for its order. `ordered`, or `slow`: has read it. `connecting`: has said that it is ready. `serving`: can take a job.
 * `idle`: found no order. `hung`: does nothing any more.
 */
type HostPhase = "booting" | "ordered" | "slow" | "connecting" | "serving" | "working" | "ending" | "idle" | "hung";

export interface Host {
  phase: HostPhase;
  /** Of its order. */
  generation: number | null;
}

type LateCall = { call: "start"; generation: number } | { call: "stop"; force: boolean; run: RunIndex | null };

export interface ModelState {
  /** The lease's item; times are in milliseconds, and NOW is always the present. */
  item: Item | null;
  ec2: "stopped" | "pending" | "running" | "stopping";
  launchedAt: number;
  reason: string | null;
  host: Host | null;
  /** Generation of the order in the secret. */
  order: number | null;
  /** Generation of the runner that GitHub has registered; gone after its job. */
  runner: number | null;
  runs: readonly [Run, Run];
  processes: readonly Process[];
  /** How many of them may be under way at the same time. */
  atOnce: number;
  /** A call to EC2 that has failed for its caller, and still takes effect. */
  late: LateCall | null;
  /** Generation of the last start that took effect. */
  started: number;
  /** Generation whose session's limit was reached, at which also its job may be stopped: no other one's. */
  limit: number | null;
  /** Generation whose runner had a job of others. */
  taken: number | null;
  /** Events that no part of ours intends, and that may still happen. */
  faults: number;
  /** The promise that this state breaks. */
  broken: string | null;
}

/** Of an end that someone wanted: a call's or the machine's own. */
export const WANTED = "Client.UserInitiatedShutdown";
export const NO_CAPACITY = "Server.InsufficientInstanceCapacity";

/** `own`: happens as soon as it can. `chance`: may happen, but nothing may depend on it. `fault`: one of the few of a search. */
export interface Transition {
  label: string;
  to: ModelState;
  kind: "own" | "chance" | "fault";
}
