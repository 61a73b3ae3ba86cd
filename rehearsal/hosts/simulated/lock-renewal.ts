import type { Clock } from "../../clock";
import type { GitHub } from "../../github";
import type { Life } from "./liveness";
import type { Requests } from "./requests";

/** Milliseconds between two renewals of a job's lock. */
const RENEW_EVERY = 60_000;

/** Keeps a job's lock while the job runs. The lock is the listener's to renew, not the worker's. */
export class LockRenewal {
  constructor(
    private readonly clock: Clock,
    private readonly github: GitHub,
    private readonly requests: Requests,
    /** As in RunnerSurroundings. */
    private readonly onDemand: boolean,
  ) {}

  /** @param life the listener's */
  keepWhile(life: Life, jobId: string, goes: () => boolean): void {
    if (this.onDemand) return this.reckon(life, jobId, goes);
    const tick = () => {
      if (!goes() || life.over) return;
      void this.renew(life, jobId);
      this.clock.after(RENEW_EVERY, tick);
    };
    this.clock.after(RENEW_EVERY, tick);
  }

  private reckon(life: Life, jobId: string, goes: () => boolean): void {
    const began = this.clock.now();
    let last = began;
    const lastAt = () => {
      if (goes() && !life.over) last = began + Math.floor((this.clock.now() - began) / RENEW_EVERY) * RENEW_EVERY;
      return last;
    };
    this.requests.attempt(() => this.github.protocol.renewing({ jobId, lastAt }));
  }

  private async renew(life: Life, jobId: string): Promise<void> {
    const failed = this.github.faults.any && (await this.requests.fails(life, "renew").catch(() => true));
    if (!failed) this.requests.attempt(() => this.github.protocol.renew({ jobId }));
  }
}
