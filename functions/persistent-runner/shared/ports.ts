/** Side effects of the control function and the reaper. Each call ends soon after its signal. */
import type { Lease } from "../../../contract/persistent-runner/lease";
import type { BootOrder } from "../../../contract/persistent-runner/order";
import type { InstancePower } from "../../shared/aws/instance-power";
import type { PutOutcome } from "../../shared/aws/put-secret";
import type { Clock } from "../../shared/lambda/clock";
import type { ItemWrite } from "../../shared/ledger/single-item";

export interface LeasePorts {
  read(signal: AbortSignal): Promise<Lease>;
  /** False: its condition does not hold, or the answer to an earlier attempt was lost. Nothing else changed. */
  write(write: ItemWrite, signal: AbortSignal): Promise<boolean>;
}

interface PowerPorts {
  state(signal: AbortSignal): Promise<InstancePower>;
  stop(force: boolean, signal: AbortSignal): Promise<void>;
}

interface StartPorts extends PowerPorts {
  start(signal: AbortSignal): Promise<void>;
  setType(instanceType: string, signal: AbortSignal): Promise<void>;
  /** Last lines of its console. */
  console(signal: AbortSignal): Promise<string[]>;
}

interface OrderPorts {
  put(order: BootOrder, signal: AbortSignal): Promise<PutOutcome>;
}

/**
 * As GitHub shows it, which may lag: `idle` is no proof that no job is at work or about to be. `absent`: GitHub does not know it, as after
 * its only job. `offline`: it is not connected.
 */
export type RunnerState = "absent" | "offline" | "idle" | "busy";

export interface RunnerPorts {
  /** Of the lease's generation. */
  state(lease: Lease, signal: AbortSignal): Promise<RunnerState>;
  /**
   * Takes it out of GitHub, so that no job can come to it any more. `busy`: GitHub refuses, because a job is at work on it. That
   * answer, unlike a state that was read, is GitHub's own decision between the two.
   */
  retire(lease: Lease, signal: AbortSignal): Promise<"retired" | "busy">;
  remove(runnerId: number, signal: AbortSignal): Promise<"deleted" | "busy" | "gone">;
}

interface JitPorts extends RunnerPorts {
  /** A runner for one job, with this label alone. */
  create(label: string, signal: AbortSignal): Promise<{ runnerId: number; configuration: string }>;
  registrationToken(signal: AbortSignal): Promise<string>;
}

/** What it takes to switch the machine off. */
export interface StopPorts {
  lease: LeasePorts;
  power: PowerPorts;
  clock: Clock;
  /** Seconds after which a machine that is still stopping is stopped by force; see `forceStopAfter`. */
  forceStopAfter: number;
}

export interface ControlPorts extends StopPorts {
  power: StartPorts;
  order: OrderPorts;
  runners: JitPorts;
  /** Hex digits of a new label, from a source that no one can predict. */
  random(digits: number): string;
}
