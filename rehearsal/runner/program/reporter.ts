import type { Annotation, JobMessage, JobResult, ReportedChange } from "../../github/messages";
import { isRefused, request, withRetries } from "./client";
import type { StepReport } from "../steps/plan";
import type { Traces } from "./traces";

/**
 * Reports from the worker to GitHub. They are sent in order and in the background, like the official worker's timeline
 * records: a job never waits for one. Each carries the time of the event on this host.
 */
export class Reporter {
  private tail: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly job: JobMessage,
    private readonly traces: Traces,
  ) {}

  report(change: ReportedChange, detail?: string): void {
    const at = Date.now();
    this.tail = this.tail.then(() => this.send("report", { change, at, detail }).catch((error) => this.missed(error)));
  }

  /** Waits for the reports, then completes the job. Returns whether GitHub accepted the result. */
  async complete(
    result: JobResult,
    annotations: Annotation[],
    ofFile: { outputs?: Record<string, string>; steps?: StepReport[] } = {},
  ): Promise<boolean> {
    await this.tail;
    try {
      await this.send("completejob", { result, annotations, ...ofFile });
      return true;
    } catch (error) {
      this.missed(error);
      return false;
    }
  }

  private send(route: "report" | "completejob", body: object): Promise<unknown> {
    return withRetries({ attempts: 5, between: [5_000, 15_000], isFinal: isRefused }, () =>
      request("POST", `${this.job.runServiceUrl}/_run/${route}`, {
        bearer: this.job.token,
        body: { jobId: this.job.jobId, ...body },
      }),
    );
  }

  private missed(error: unknown): void {
    this.traces.write(`not reported to GitHub: ${String(error)}`);
  }
}
