import type { Job } from "./jobs";

/** Matched against `OWNER/REPO NAME` of a job. */
export interface JobFault {
  job: RegExp;
  /** Number of jobs that it affects; absent: all until it is removed. */
  times?: number;
}

/**
 * Jobs that GitHub keeps queued although runners that match them idle. Operators saw such jobs start only after their run was
 * cancelled and run again, which gives it new jobs.
 */
export class JobFaults {
  private faults: JobFault[] = [];
  private readonly withheld = new Map<string, Job>();
  onRelease: (job: Job) => void = () => {};

  /** Affects jobs that are queued from now on. Returns a handle that removes the fault; what it withheld stays so. */
  withhold(fault: JobFault): { remove(): void } {
    const own = { ...fault };
    this.faults.unshift(own);
    return { remove: () => void (this.faults = this.faults.filter((other) => other !== own)) };
  }

  /** GitHub assigns a withheld job after all. */
  release(id: string): void {
    const job = this.withheld.get(id);
    if (!job) throw new Error(`${id} cannot be released: it is not withheld`);
    this.withheld.delete(id);
    this.onRelease(job);
  }

  /** Whether the job is withheld; counts it. */
  take(job: Job): boolean {
    const subject = `${job.run.repository} ${job.spec.name}`;
    const fault = this.faults.find((candidate) => candidate.job.test(subject) && candidate.times !== 0);
    if (!fault) return false;
    if (fault.times !== undefined) fault.times--;
    this.withheld.set(job.id, job);
    return true;
  }
}
