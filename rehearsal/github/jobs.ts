import type { Timer } from "../clock";
import type { Annotation, StepSpec } from "./messages";

/** A job as the scenario asks for it. */
export interface JobSpec {
  name: string;
  /** All of them must be on the runner; letter case does not matter. */
  labels: string[];
  /** Seconds of the one step that the job has when `steps` is absent. Default 1. */
  seconds?: number;
  /** Seconds of action downloads before the job-started hook. Default 0. */
  setupSeconds?: number;
  steps?: StepSpec[];
  /** `ORG` or `OWNER/REPO` whose runners may take it; absent: any. */
  scope?: string;
  /** Name of the only runner that may take it; absent: any. GitHub has no such wish; whoever must hit one instance has. */
  runner?: string;
}

/**
 * `lost`: ended by something that is not the job's own doing, such as its runner's shutdown or a lock that nobody
 * renewed. `canceled`: somebody asked GitHub to cancel it.
 */
export type JobState = "queued" | "assigned" | "acquired" | "succeeded" | "failed" | "lost" | "canceled";

export interface Job {
  readonly id: string;
  readonly requestId: number;
  readonly spec: JobSpec;
  state: JobState;
  runnerId?: number;
  /** The runner's name, which is the instance's id. */
  runnerName?: string;
  /** The message that assigned it went out to the runner and was acknowledged: it is not sent again. */
  acknowledged: boolean;
  queuedAt: number;
  /** Place in the queue; a smaller one waits for longer. */
  waitingSince: number;
  /** Under which wish it waits; what it wishes for may change meanwhile. */
  waitingAs: string;
  acquiredAt?: number;
  endedAt?: number;
  /** Milliseconds since the epoch. */
  lockedUntil?: number;
  /** When a simulated runner renewed the lock last. */
  renewedAt?: () => number;
  /** A timer watches the lock. */
  locked?: boolean;
  cancelRequested: boolean;
  requeues: number;
  /** Milliseconds that each of our hooks took, by the runner's own clock. */
  hooks: { started?: number; completed?: number };
  annotations: Annotation[];
  /** Why it ended so. */
  detail?: string;
  token: string;
  timer?: Timer;
}

export function ended(job: Job): boolean {
  return job.state === "succeeded" || job.state === "failed" || job.state === "lost" || job.state === "canceled";
}
