import type { LifecycleState } from "../../../contract/aws/lifecycle";
import type { PoolRegistration, WaitCause } from "../../../contract/workflow-jobs/ledger";
import type { DemandSource } from "../../shared/demand/source";
import type { Clock } from "../../shared/lambda/clock";
import type { Activity } from "../shared/activities";
import type { Decision, ScalingSettings, ScalingState } from "./policy/types";

/** The group as Auto Scaling describes it. Its warm pool is not in it. */
export interface Group {
  desired: number;
  minSize: number;
  maxSize: number;
  members: readonly GroupMember[];
  /** Names of the processes that an operator has suspended: `Launch`, `Terminate`, ... */
  suspended: readonly string[];
}

export interface GroupMember {
  id: string;
  lifecycleState: LifecycleState;
  protectedFromScaleIn: boolean;
}

/** The group's capacity, as far as the scaler changes it. */
export interface CapacityPorts {
  /** Undefined if the group does not exist. */
  group(name: string): Promise<Group | undefined>;
  setDesired(group: string, desired: number): Promise<void>;
  /** Those that are in service in this group and not protected from scale-in, at this moment. */
  removable(group: string, instanceIds: readonly string[]): Promise<ReadonlySet<string>>;
  /** Terminates, through the terminate hook, and lowers the desired capacity by one in the same call. */
  terminate(instanceId: string): Promise<void>;
}

export interface CausePorts {
  /** `over`: the job does not wait any more. @param cause undefined removes the recorded one. */
  recordCause(jobId: string, cause: WaitCause | undefined, now: number): Promise<"recorded" | "over">;
}

/** The lease on a pool's scaling, with what one pass leaves to the next. Each call is one atomic step. */
export interface LeasePorts {
  /** Takes the lease if none holds it, and clears the signal of others; undefined if another holds it. */
  take(owner: string, now: number, until: number): Promise<{ memory?: string } | undefined>;
  /** Asks the holder for another pass. False if none holds the lease. */
  ask(now: number): Promise<boolean>;
  /** Saves the memory and ends the lease, unless another asked for a pass since `take` or `renew`, or the lease is another's. */
  release(owner: string, memory: string): Promise<boolean>;
  /** Saves the memory, clears the signal of others and prolongs the lease. False if the lease is another's. */
  renew(owner: string, until: number, memory: string): Promise<boolean>;
  /** Ends the lease if it is still this owner's, whoever asked. @param memory undefined keeps what is saved. */
  drop(owner: string, memory?: string): Promise<void>;
}

export interface PoolsPorts {
  register(registration: PoolRegistration): Promise<void>;
  /** Removes the registration and the scaler's state. Succeeds if they, or the table, do not exist. */
  unregister(pool: string): Promise<void>;
}

export interface ScalePorts extends CapacityPorts, CausePorts, LeasePorts, PoolsPorts {
  source: DemandSource;
  /** Newest first, page by page. */
  activities(group: string): AsyncIterable<Activity[]>;
  decide(state: ScalingState, settings: ScalingSettings, now: number): Decision;
  clock: Clock;
}

/** Times are milliseconds. */
export interface ScaleSettings {
  pool: string;
  group: string;
  scaling: ScalingSettings;
  /** Floor of the schedules in force at a time. */
  scheduledFloor(now: number): number;
}

/** What ends a pass. */
export interface PassBound {
  /** Aborted at the end. */
  signal: AbortSignal;
  /** Milliseconds since the epoch. */
  endsAt: number;
}
