import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import type { Writable } from "node:stream";
import { type JobMessage, type JobResult, RESULT_CODES } from "../../github/messages";
import { boundary } from "./barriers";
import { isRefused, pause, request, withRetries } from "./client";
import { writeMessage } from "./pipe";
import { ROOT } from "./root";
import { announce, type Traces } from "./traces";

/** The official listener renews a job's lock every minute. */
const RENEW_EVERY_MS = 60_000;

/** Runs one job at a time in a separate worker process, renews its lock and announces its start and end. */
export class JobDispatcher {
  private current?: { job: JobMessage; done: Promise<JobResult>; cancel: AbortController; shutdown: AbortController };

  constructor(private readonly traces: Traces) {}

  get busy(): boolean {
    return this.current !== undefined;
  }

  /** Announces the job immediately, before its lock is renewed and before there is a worker. */
  run(job: JobMessage): Promise<JobResult> {
    this.traces.write(`Job request ${job.requestId} for plan ${job.planId} job ${job.jobId} received.`);
    announce(`Running job: ${job.jobDisplayName}`);
    const cancel = new AbortController();
    const shutdown = new AbortController();
    const done = this.execute(job, cancel.signal, shutdown.signal)
      .catch((error: unknown): JobResult => {
        this.traces.write(`job ${job.jobId}: ${String(error)}`);
        return "Abandoned";
      })
      .then((result) => {
        announce(`Job ${job.jobDisplayName} completed with result: ${result}`);
        this.current = undefined;
        return result;
      });
    this.current = { job, done, cancel, shutdown };
    return done;
  }

  /** A user canceled the job: its `always()` steps still run, within the time limit. */
  cancel(jobId: string, timeoutSeconds: number): void {
    if (this.current?.job.jobId !== jobId) return;
    this.current.cancel.abort(timeoutSeconds);
  }

  /** Resolves when no job is running. */
  async idle(): Promise<void> {
    await this.current?.done;
  }

  /** Signals shutdown to a running job's worker and waits for it without a time limit: nothing here kills it. */
  async shutdown(): Promise<void> {
    if (!this.current) return;
    this.traces.write("cancel running job when shutting down the runner");
    this.current.shutdown.abort();
    await this.current.done;
  }

  private async execute(job: JobMessage, cancel: AbortSignal, shutdown: AbortSignal): Promise<JobResult> {
    const call = { bearer: job.token, body: { jobId: job.jobId } };
    const renew = (attempts: number, between: [number, number], signal: AbortSignal) =>
      withRetries({ attempts, between, isFinal: isRefused, signal }, () =>
        request("POST", `${job.runServiceUrl}/_run/renewjob`, { ...call, signal }),
      );
    try {
      await boundary("acquired", job.jobId, shutdown);
      await renew(5, [1_000, 10_000], shutdown);
    } catch {
      // The job is not completed then: it stays acquired until its lock expires.
      return shutdown.aborted ? "Canceled" : "Abandoned";
    }
    await boundary("lock-renewed", job.jobId);
    const worker = new Worker(this.traces);
    const renewing = new AbortController();
    let lockLost = false;
    const renewal = this.keepLocked(() => renew(5, [5_000, 15_000], renewing.signal), renewing.signal).catch(() => {
      if (renewing.signal.aborted) return;
      lockLost = true;
      worker.cancel(0);
    });
    shutdown.addEventListener("abort", () => worker.shutdown(), { once: true });
    cancel.addEventListener("abort", () => worker.cancel(Number(cancel.reason)), { once: true });
    await worker.start(job);
    if (shutdown.aborted) worker.shutdown();
    if (cancel.aborted) worker.cancel(Number(cancel.reason));
    const code = await worker.exit;
    renewing.abort();
    await renewal;
    this.traces.write(`finish job request for job ${job.jobId} with exit code ${code}`);
    // Whatever the worker reported to GitHub, the listener announces a job that it had to end as canceled.
    if (shutdown.aborted) return "Canceled";
    if (lockLost) return "Abandoned";
    return RESULT_CODES[code] ?? (await this.forceFail(job, code));
  }

  private async keepLocked(renew: () => Promise<unknown>, signal: AbortSignal): Promise<void> {
    for (;;) {
      await pause(RENEW_EVERY_MS, signal);
      await renew();
    }
  }

  /** A worker that crashed without a result cannot report to GitHub, so the listener does. */
  private async forceFail(job: JobMessage, code: number): Promise<JobResult> {
    const message = `The worker process ended with exit code ${code}, which is no result of a job.`;
    const body = { jobId: job.jobId, result: "Abandoned", annotations: [{ level: "failure", message }] };
    await withRetries({ attempts: 5, between: [5_000, 15_000], isFinal: isRefused }, () =>
      request("POST", `${job.runServiceUrl}/_run/completejob`, { bearer: job.token, body }),
    ).catch((error: unknown) => this.traces.write(`completejob: ${String(error)}`));
    return "Failed";
  }
}

/** The process that runs one job. */
class Worker {
  private process?: ChildProcess;
  private pipe?: Writable;
  private ended = false;
  private resolveExit: (code: number) => void = () => {};
  readonly exit = new Promise<number>((resolve) => (this.resolveExit = resolve));

  constructor(private readonly traces: Traces) {}

  async start(job: JobMessage): Promise<void> {
    this.traces.count("StartingWorkerProcess");
    const child = spawn(join(ROOT, "bin", "Runner.Worker"), ["spawnclient", "3", "4"], {
      cwd: ROOT,
      stdio: ["ignore", "pipe", "pipe", "pipe", "pipe"],
    });
    this.process = child;
    child.stdout?.resume();
    child.stderr?.on("data", (chunk: Buffer) => this.traces.write(`worker: ${chunk.toString("utf8").trimEnd()}`));
    const end = (code: number) => {
      this.ended = true;
      this.resolveExit(code);
    };
    child.on("error", (error) => {
      this.traces.write(`worker: ${String(error)}`);
      end(-1);
    });
    child.on("exit", (code, signal) => {
      // Processes that the worker leaves behind may keep its output open; only the worker's own exit counts.
      for (const stream of child.stdio) stream?.destroy();
      end(code ?? (signal ? 128 : -1));
    });
    this.pipe = child.stdio[3] as Writable;
    this.pipe.on("error", () => {});
    await writeMessage(this.pipe, { type: "NewJobRequest", body: job }).catch(() => {});
    this.traces.count(`SentJobToWorker_${job.requestId}`);
  }

  shutdown(): void {
    this.send("RunnerShutdown");
  }

  /** Kills the worker when it has not exited within max(timeout, 60 s) - 15 s. */
  cancel(timeoutSeconds: number): void {
    this.send("CancelRequest");
    const timer = setTimeout(() => this.process?.kill("SIGKILL"), (Math.max(timeoutSeconds, 60) - 15) * 1000);
    void this.exit.then(() => clearTimeout(timer));
  }

  private send(type: "RunnerShutdown" | "CancelRequest"): void {
    if (this.pipe && !this.ended) void writeMessage(this.pipe, { type }).catch(() => {});
  }
}
