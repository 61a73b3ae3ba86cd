import type { Annotation, JobMessage, JobResult, ReportedChange } from "../../github/messages";
import { ask, isRefused, withRetries } from "./client";
import type { Traces } from "./traces";

/**
 * What the worker tells GitHub. Reports go out in order and in the background, as the official worker's timeline
 * records do: a job never waits for one. Each carries the time at which the thing happened here.
 */
export class Reporter {
  private tail: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly job: JobMessage,
    private readonly traces: Traces,
  ) {}

  tell(change: ReportedChange, detail?: string): void {
    const at = Date.now();
    this.tail = this.tail.then(() => this.send("report", { change, at, detail }).catch((error) => this.missed(error)));
  }

  /** Waits for the reports, then ends the job. Returns whether GitHub took the result. */
  async complete(result: JobResult, annotations: Annotation[]): Promise<boolean> {
    await this.tail;
    try {
      await this.send("completejob", { result, annotations });
      return true;
    } catch (error) {
      this.missed(error);
      return false;
    }
  }

  private send(route: "report" | "completejob", body: object): Promise<unknown> {
    return withRetries({ attempts: 5, between: [5_000, 15_000], isFinal: isRefused }, () =>
      ask("POST", `${this.job.runServiceUrl}/_run/${route}`, {
        bearer: this.job.token,
        body: { jobId: this.job.jobId, ...body },
      }),
    );
  }

  private missed(error: unknown): void {
    this.traces.write(`not told to GitHub: ${String(error)}`);
  }
}
