import { randomUUID } from "node:crypto";
import { type Job, type JobSpec, repositoryOf, type Run } from "./jobs";
import { ProtocolError } from "./messages";
import { Runs, statusOf } from "./runs";

/** Ids of jobs follow each other closely, with eleven digits. */
const FIRST_JOB = 50_000_000_000;

/** Every job that GitHub knows, and the run that each belongs to. */
export class KnownJobs {
  readonly runs = new Runs();
  private readonly byId = new Map<string, Job>();
  private readonly byNumber = new Map<number, Job>();
  private created = 0;

  /**
   * @param organization owner of the repository of a job that names none
   * @param run whose new attempt the job belongs to; absent: as its specification says
   */
  create(spec: JobSpec, now: number, organization: string, run: Run = this.runOf(spec, now, organization)): Job {
    const requestId = ++this.created;
    const job: Job = {
      id: `job-${requestId}`,
      requestId,
      number: FIRST_JOB + requestId,
      run,
      attempt: run.attempt,
      createdAt: now,
      spec,
      state: "queued",
      acknowledged: false,
      queuedAt: now,
      waitingSince: 0,
      queuedUnder: "",
      cancelRequested: false,
      requeues: 0,
      hooks: {},
      annotations: [],
      token: randomUUID(),
    };
    run.jobs.push(job);
    this.byId.set(job.id, job);
    this.byNumber.set(job.number, job);
    return job;
  }

  all(): Job[] {
    return [...this.byId.values()];
  }

  /** Throws JobNotFound. */
  get(id: string): Job {
    const job = this.byId.get(id);
    if (!job) throw new ProtocolError("JobNotFound", `Job ${id} does not exist.`);
    return job;
  }

  /** By its id in the REST API. */
  numbered(number: number): Job | undefined {
    return this.byNumber.get(number);
  }

  /** Forgets an ended job, and its run with the last one. */
  forget(job: Job): void {
    this.byId.delete(job.id);
    this.byNumber.delete(job.number);
    if (statusOf(job.run) === "completed") this.runs.forget(job.run);
  }

  private runOf(spec: JobSpec, now: number, organization: string): Run {
    if (spec.run === undefined) return this.runs.start(repositoryOf(spec, organization), spec.workflow ?? "rehearsal", now);
    const run = this.runs.get(spec.run);
    if (!run) throw new Error(`job ${spec.name}: run ${spec.run} does not exist`);
    return run;
  }
}
