import type { UnitState } from "../../../shared/unit-state";

/** The official runner's unit. `start` and `stop` queue a systemd job and return at once. */
export interface RunnerUnit {
  state(): Promise<UnitState>;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Cuts off the unit's network. False if that does not reach the listener: not supported, or moved out of the unit. Idempotent. */
  raiseFence(): Promise<boolean>;
  /** Restores the network that the unit's configuration grants. Idempotent. */
  lowerFence(): Promise<void>;
  /** Sends SIGINT to the listener; no error if it is already gone. Never called while a job is in flight. */
  interrupt(listenerPid: number): Promise<void>;
  /**
   * Sends SIGKILL to all other processes in the unit's cgroup, and to the runner's programs that a job moved out of it, until
   * none is left, for 10 s at most. Only before a new listener starts or the instance terminates. Resolves with whether none
   * is left.
   */
  killLeftovers(): Promise<boolean>;
}
