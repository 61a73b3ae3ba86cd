import type { Clock } from "../../clock";
import type { GitHub } from "../../github";
import type { AbortFlag } from "./abort-signal";
import type { Requests } from "./requests";

/** Milliseconds between two renewals of a job's lock. */
const RENEW_EVERY = 60_000;

/** Keeps a job's lock while the job runs. The lock is the listener's to renew, not the worker's. */
export class LockRenewal {
  constructor(
    private readonly clock: Clock,
    private readonly github: GitHub,
    private readonly requests: Requests,
    /** As in RunnerEnvironment. */
    private readonly onDemand: boolean,
  ) {}

  /** @param signal the listener's */
  keepWhile(signal: AbortFlag, jobId: string, goes: () => boolean): void {
    if (this.onDemand) return this.reckon(signal, jobId, goes);
    const tick = () => {
      if (!goes() || signal.aborted) return;
      void this.renew(signal, jobId);
      this.clock.after(RENEW_EVERY, tick);
    };
    this.clock.after(RENEW_EVERY, tick);
  }

  private reckon(signal: AbortFlag, jobId: string, goes: () => boolean): void {
    const began = this.clock.now();
    let last = began;
    const lastAt = () => {
      if (goes() && !signal.aborted) last = began + Math.floor((this.clock.now() - began) / RENEW_EVERY) * RENEW_EVERY;
      return last;
    };
    this.requests.attempt(() => this.github.protocol.renewing({ jobId, lastAt }));
  }

  private async renew(signal: AbortFlag, jobId: string): Promise<void> {
    const failed = this.github.faults.any && (await this.requests.fails(signal, "renew").catch(() => true));
    if (!failed) this.requests.attempt(() => this.github.protocol.renew({ jobId }));
  }
}
