import type { Clock } from "../../clock";
import type { GitHub } from "../../github";
import type { AbortFlag } from "./abort-signal";
import type { Requests } from "./requests";

/** Milliseconds between two renewals of a job's lock. */
const RENEWAL_INTERVAL = 60_000;

/** Renews a job's lock while the job runs. The listener renews it, not the worker. */
export class LockRenewal {
  constructor(
    private readonly clock: Clock,
    private readonly github: GitHub,
    private readonly requests: Requests,
    /** As in RunnerEnvironment. */
    private readonly onDemand: boolean,
  ) {}

  /** @param signal the listener's */
  renewWhile(signal: AbortFlag, jobId: string, running: () => boolean): void {
    if (this.onDemand) return this.computeOnDemand(signal, jobId, running);
    const tick = () => {
      if (!running() || signal.aborted) return;
      void this.renew(signal, jobId);
      this.clock.after(RENEWAL_INTERVAL, tick);
    };
    this.clock.after(RENEWAL_INTERVAL, tick);
  }

  private computeOnDemand(signal: AbortFlag, jobId: string, running: () => boolean): void {
    const startedAt = this.clock.now();
    let last = startedAt;
    const lastAt = () => {
      if (running() && !signal.aborted) last = startedAt + Math.floor((this.clock.now() - startedAt) / RENEWAL_INTERVAL) * RENEWAL_INTERVAL;
      return last;
    };
    this.requests.attempt(() => this.github.protocol.renewing({ jobId, lastAt }));
  }

  private async renew(signal: AbortFlag, jobId: string): Promise<void> {
    const failed = this.github.faults.any && (await this.requests.fails(signal, "renew").catch(() => true));
    if (!failed) this.requests.attempt(() => this.github.protocol.renew({ jobId }));
  }
}
