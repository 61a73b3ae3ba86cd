import type { Timer } from "../clock";
import type { Annotation, StepSpec } from "./messages";

/** A job as requested by the scenario. */
export interface JobSpec {
  name: string;
  /** The runner must have all of them; case-insensitive. */
  labels: string[];
  /** Duration of the job's only step when `steps` is absent. Default 1. */
  seconds?: number;
  /** Duration of action downloads before the job-started hook, in seconds. Default 0. */
  setupSeconds?: number;
  steps?: StepSpec[];
  /** `ORG` or `OWNER/REPO` whose runners may take it; absent: any. */
  scope?: string;
  /** Name of the only runner that may take it; absent: any. GitHub has no such setting; tests use it to target an instance. */
  runner?: string;
}

/**
 * `lost`: ended by a cause outside the job, such as its runner's shutdown or a lock that was not renewed. `canceled`: a
 * user canceled it at GitHub.
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
  /** The runner has acknowledged the message that assigned it, so the message is not sent again. */
  acknowledged: boolean;
  acknowledgedAt?: number;
  queuedAt: number;
  /** Position in the queue; a smaller one has waited longer. */
  waitingSince: number;
  /** Its requirements when it was queued, the key in the queue; `spec` may change while it waits. */
  queuedUnder: string;
  acquiredAt?: number;
  endedAt?: number;
  /** Milliseconds since the epoch. */
  lockedUntil?: number;
  /** When a simulated runner last renewed the lock. */
  renewedAt?: () => number;
  /** A timer checks the lock. */
  locked?: boolean;
  cancelRequested: boolean;
  requeues: number;
  /** Milliseconds that each of our hooks took, by the runner's clock. */
  hooks: { started?: number; completed?: number };
  annotations: Annotation[];
  /** Why it ended in this state. */
  detail?: string;
  token: string;
  timer?: Timer;
}

export function ended(job: Job): boolean {
  return job.state === "succeeded" || job.state === "failed" || job.state === "lost" || job.state === "canceled";
}
