import type { Clock } from "../../clock";
import type { Expressions } from "../../runner/steps/expressions";
import type { Json } from "../../runner/steps/plan";
import type { Job, JobSpec, Run } from "../jobs";
import type { ConcurrencyGroups } from "./concurrency";
import type { WorkflowEvent } from "./events";
import type { Granted } from "./permissions";

/** Secrets and variables of an environment. */
export interface EnvironmentSettings {
  secrets?: Record<string, string>;
  variables?: Record<string, string>;
  /** Its jobs wait for `approveJob`. */
  reviewed?: boolean;
}

/** What a repository's owner sets for its workflows. */
export interface WorkflowSettings extends EnvironmentSettings {
  environments?: Record<string, EnvironmentSettings>;
}

/** What all jobs of a run have in common, and the parts of GitHub that they need. */
export interface RunHost {
  readonly run: Run;
  readonly event: WorkflowEvent;
  /** Without what only a job has. */
  readonly github: { [key: string]: Json };
  readonly settings: WorkflowSettings;
  readonly expressions: Expressions;
  readonly groups: ConcurrencyGroups;
  readonly clock: Clock;
  /** A user, or a newer run of the group, has canceled it. */
  readonly isCanceled: boolean;
  /** Of the run itself; a job that asks for the same one would wait forever. */
  readonly group?: string;
  isHosted(labels: readonly string[]): boolean;
  /** Duration of a job on a simulated machine, which runs no steps. */
  simulatedSeconds(jobId: string): number | undefined;
  /** `GITHUB_TOKEN`: ends with the job. */
  mintToken(permissions: Granted, job: Readonly<Job>): string;
  /** Of the job, if it may request tokens. */
  idToken(job: Readonly<Job>): { url: string; token: string } | undefined;
  queue(spec: JobSpec, track: (job: Job) => void): void;
  approve(job: Job): void;
  /** By its runner, and by force 5 minutes later. */
  cancelJob(job: Job): void;
  terminate(job: Job, reason: string, state?: "canceled" | "failed"): void;
  /** A problem that no job shows. */
  report(problem: string): void;
  /** Cancels the whole run. */
  cancelRun(reason: string): void;
}
