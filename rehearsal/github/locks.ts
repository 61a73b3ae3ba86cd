import type { Clock } from "../clock";
import type { GitHubOptions } from "./github-options";
import type { Job } from "./jobs";

/** The lock on each job that runs: its runner renews it, or GitHub gives up the job. */
export class Locks {
  constructor(
    private readonly clock: Clock,
    private readonly options: GitHubOptions,
    private readonly onExpired: (job: Job) => void,
  ) {}

  /** Locks the job, or extends its lock. */
  lock(job: Job): void {
    job.lockedUntil = this.clock.now() + this.options.lockMs;
    if (job.locked) return;
    job.timer?.cancel();
    job.locked = true;
    this.expire(job, this.options.lockMs);
  }

  /** One timer for all renewals: when it fires, it checks whether the lock was extended meanwhile. */
  private expire(job: Job, ms: number): void {
    job.timer = this.clock.after(ms, () => {
      if (job.renewedAt) job.lockedUntil = Math.max(job.lockedUntil ?? 0, job.renewedAt() + this.options.lockMs);
      const left = (job.lockedUntil ?? 0) - this.clock.now();
      // While GitHub is down, it does not give up jobs either.
      if (left > 0 || this.options.isDown?.()) this.expire(job, left > 0 ? left : this.options.lockMs);
      else this.onExpired(job);
    });
  }
}
