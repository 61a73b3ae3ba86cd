import type { UnitState } from "../../../shared/unit-state";

/** The official runner's unit. start and stop queue a job and return at once. */
export interface RunnerUnit {
  state(): Promise<UnitState>;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Cuts the unit's network. False where the kernel cannot: then nothing is cut. Repeating it is harmless. */
  raiseFence(): Promise<boolean>;
  /** Gives the unit back the network that its configuration grants. Repeating it is harmless. */
  lowerFence(): Promise<void>;
  /** SIGINT to a listener; a listener that is gone already is no error. Never called while a job is in flight. */
  interrupt(listenerPid: number): Promise<void>;
  /** SIGKILL to whatever else still lives in the unit's cgroup. Only before a new listener starts, or the instance goes. */
  killLeftovers(): Promise<void>;
}
