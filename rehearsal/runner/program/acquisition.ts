import type { JobMessage } from "../../github/messages";
import { boundary } from "./barriers";
import { isRefused, pause, request, withRetries } from "./client";
import type { Traces } from "./traces";

/** Acquires the jobs of messages, and says in the official words which messages it skips. */
export class Acquisition {
  /** Jobs that GitHub refused since the last one that it handed over. */
  private refusals = 0;

  constructor(
    private readonly traces: Traces,
    private readonly bearer: string,
    private readonly stop: AbortSignal,
  ) {}

  /** Undefined when the job is not available (any more): the message is skipped. */
  async acquire(body: { jobId: string; runServiceUrl: string }): Promise<JobMessage | undefined> {
    try {
      const job = await withRetries({ attempts: 5, between: [5_000, 15_000], isFinal: isRefused, signal: this.stop }, () =>
        this.requestJob(body),
      );
      this.refusals = 0;
      return job;
    } catch (error) {
      // A stop during the request leaves the job's state unchanged: not acquired, or acquired with the reply lost.
      if (isRefused(error)) await this.skip(error as Error);
      else this.traces.write(`Caught exception from acquiring job message: ${String(error)}`, "ERR ");
      return undefined;
    }
  }

  /** From the second refusal in a row on, the next poll waits: 1 s, doubling up to a minute. */
  private async skip({ message }: Error): Promise<void> {
    this.traces.write(`Skipping message Job. ${message}`);
    if (++this.refusals < 2) return;
    await pause(Math.min(60_000, 1_000 * 2 ** (this.refusals - 2)), this.stop).catch(() => {});
  }

  private async requestJob({ jobId, runServiceUrl }: { jobId: string; runServiceUrl: string }): Promise<JobMessage> {
    const call = { bearer: this.bearer, body: { jobId }, signal: this.stop };
    const job = await request<JobMessage>("POST", `${runServiceUrl}/_run/acquirejob`, call);
    if (await boundary("acquire-unanswered", jobId, this.stop)) throw new Error("the reply to acquirejob was lost");
    await boundary("acquire-answered", jobId, this.stop);
    return job;
  }
}
