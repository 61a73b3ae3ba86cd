import type { WaitCause } from "../../../../contract/workflow-jobs/ledger";
import type { Demand } from "../../../shared/demand/source";

/** An instance of the group. Times are milliseconds since the epoch. */
export interface FleetInstance {
  id: string;
  /** `booting`: launched but not in service; `leaving`: terminating, or on its way back to the warm pool. */
  phase: "booting" | "in service" | "leaving";
  /** When it was first seen in this phase. */
  since: number;
  /** Runs a job, or is protected from scale-in for another reason. */
  busy: boolean;
}

export interface Fleet {
  desired: number;
  minSize: number;
  maxSize: number;
  instances: readonly FleetInstance[];
  /** Launches that failed since the last pass, by EC2 or by a hook that was abandoned. */
  failedLaunches: number;
  /** Auto Scaling's text for the last one. */
  lastFailure?: string;
}

export interface ScalingSettings {
  /** Milliseconds for which an instance idles before it may leave. */
  idleTimeout: number;
  /** Runners kept idle beyond the queue. */
  minIdle: number;
  /** Milliseconds after which a source without news is stale. */
  staleAfter: number;
  /** Milliseconds after which a job that waits beside an idle runner is not assigned. */
  notAssignedAfter: number;
}

/** All that the policy may read. */
export interface ScalingState {
  demand: Demand;
  fleet: Fleet;
  /** Instances that the schedules in force keep in service; 0 without any. */
  scheduledFloor: number;
  memory: Memory;
}

/** What one decision leaves to the next: plain JSON, small. Times are milliseconds since the epoch. */
export interface Memory {
  /** Since when each idle instance idles, by its id. */
  idleSince: Readonly<Record<string, number>>;
  /** Since when each busy instance has had no job that the source knows, by its id. */
  unnamedSince?: Readonly<Record<string, number>>;
  backoff?: Backoff;
  /** When a waiting job that no idle runner takes may cause another launch, by its id; only of those that have caused one. */
  substituteDue?: Readonly<Record<string, number>>;
  /** When the last of these launches was requested, for whichever job; absent once an instance that came after it has a job. */
  substitutedAt?: number;
}

/** Launches have failed, and none has succeeded since. */
export interface Backoff {
  /** Failures in a row; those that are reported together, or during the pause, count once. */
  failures: number;
  /** Of the last failure that counted. */
  failedAt: number;
  /** Until then the desired capacity is not raised. */
  until: number;
}

export interface Decision {
  /** Raise the desired capacity to this number; undefined: leave it. Never lower than it is. */
  desired?: number;
  /** Instances to terminate, each with a decrement of the desired capacity. Longest idle first. */
  terminate: readonly string[];
  /** Instances that the queue, the floors and the limits ask for. */
  wanted: number;
  /** Why nothing is taken away or launched, for the log; undefined if nothing holds. */
  held?: string;
  /** Why each waiting job waits, by its id; a job that is about to be assigned has none. */
  causes: Readonly<Record<string, WaitCause>>;
  memory: Memory;
}
