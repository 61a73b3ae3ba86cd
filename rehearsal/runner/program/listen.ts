import type { RunnerMessage, RunnerUpdate } from "../../github/messages";
import { Acquisition } from "./acquisition";
import { boundary } from "./barriers";
import { pause, randomBetween, request, ServerError, withRetries } from "./client";
import { JobDispatcher } from "./dispatcher";
import { deleteConfiguration, readBearer, readSettings, type RunnerSettings, version } from "./root";
import { announce, type Traces } from "./traces";
import { selfUpdate } from "./update";

/** Exit codes of the official listener. */
export const EXIT = { ok: 0, terminated: 1, retryable: 2, updating: 3, onceUpdating: 4, sessionConflict: 5 } as const;

/** Why the listener stops without a signal. */
type End = "deleted" | "updated" | "done";

/** While another listener holds the session, a new one is requested every 30 s, for 4 minutes. */
const CONFLICT_RETRY_MS = 30_000;
const CONFLICT_LIMIT_MS = 240_000;
/** Number of failed polls after which the listener exits, and ends its job; each poll has 5 attempts, 5-15 s apart. */
const POLL_FAILURES = 10;
/** Time limit for deleting the session; after it, the session is left to expire. */
const DELETE_SESSION_MS = 30_000;
/** The next poll returns a job that was skipped during an update again; this delay limits it to once per second. */
const SKIPPED_MS = 1_000;

/** `Runner.Listener run`: one session, long polls, one job at a time. `stop` is aborted by SIGINT or SIGTERM. */
export class Listener {
  private readonly settings: RunnerSettings = readSettings();
  private readonly bearer = readBearer();
  private readonly dispatcher: JobDispatcher;
  private jobDone?: Promise<unknown>;
  private jobEnded?: string;
  private update?: "under way" | "ready";
  private readonly acquisition: Acquisition;
  private pollEnded: () => void = () => {};

  constructor(
    private readonly traces: Traces,
    private readonly stop: AbortSignal,
    private readonly once: boolean,
  ) {
    this.dispatcher = new JobDispatcher(traces);
    this.acquisition = new Acquisition(traces, this.bearer, stop);
  }

  /** Returns the exit code. */
  async run(): Promise<number> {
    let sessionId: string;
    await boundary("listener-start", undefined);
    try {
      const session = await this.createSession();
      if (typeof session === "number") return session;
      sessionId = session.sessionId;
    } catch (error) {
      if (this.stop.aborted) return EXIT.ok;
      throw error;
    }
    this.traces.count("SessionCreated");
    process.stdout.write(`Current runner version: '${version()}'\n`);
    announce("Listening for Jobs");
    let end: End | undefined;
    try {
      end = await this.listen(sessionId);
      if (end === "deleted") this.forget();
    } catch (error) {
      if (!this.stop.aborted) throw error;
    } finally {
      await this.dispatcher.shutdown();
      if (end !== "deleted") await this.deleteSession(sessionId);
      // Its only job is over: GitHub has removed the runner.
      if (end === "done" && this.settings.ephemeral) deleteConfiguration();
    }
    if (end !== "updated") return EXIT.ok;
    return this.once ? EXIT.onceUpdating : EXIT.updating;
  }

  private async createSession(): Promise<{ sessionId: string } | number> {
    const conflictSince: number[] = [];
    for (;;) {
      try {
        const session = await request<{ sessionId: string }>("POST", this.url("/_runner/session"), this.call({}));
        process.stdout.write("\n√ Connected to GitHub\n\n");
        return session;
      } catch (error) {
        this.stop.throwIfAborted();
        if (!(error instanceof ServerError) || error.status >= 500) {
          announce(`Runner connect error: ${String(error)}. Retrying until reconnected.`);
        } else if (error.code === "SessionConflict") {
          conflictSince.push(Date.now());
          process.stdout.write("A session for this runner already exists.\n");
          announce("Runner connect error: Error: Conflict. Retrying until reconnected.");
          if (Date.now() - (conflictSince[0] ?? 0) >= CONFLICT_LIMIT_MS) {
            process.stderr.write("Stop retry on SessionConflictException after 4 minutes.\n");
            return EXIT.sessionConflict;
          }
        } else {
          process.stderr.write(
            "The runner registration has been deleted from the server, please re-configure. " +
              "Runner registrations are automatically deleted for runners that have not connected to the service recently.\n",
          );
          return EXIT.terminated;
        }
      }
      await pause(CONFLICT_RETRY_MS, this.stop);
    }
  }

  private async listen(sessionId: string): Promise<End> {
    for (let failures = 0; ; ) {
      if (this.once && this.jobEnded !== undefined) return "done";
      if (this.jobEnded !== undefined) await boundary("between-jobs", this.jobEnded);
      this.jobEnded = undefined;
      if (this.update === "ready") return "updated";
      try {
        const message = await this.poll(sessionId);
        if (message) await this.receive(sessionId, message);
        failures = 0;
      } catch (error) {
        this.stop.throwIfAborted();
        // GitHub removes the runner of one job with that, which has still to end here.
        if (this.once && isDeleted(error)) await this.jobDone;
        if (this.once && this.jobEnded !== undefined) return "done";
        if (isDeleted(error)) return "deleted";
        if (error instanceof ServerError && error.code === "SessionNotFound") {
          // Expired while the network was down: the official listener creates a new session and continues.
          const renewed = await this.createSession();
          if (typeof renewed === "number") throw error;
          sessionId = renewed.sessionId;
          continue;
        }
        if (++failures >= POLL_FAILURES) throw error;
        this.traces.write(`poll failed ${failures} times: ${String(error)}`);
        await pause(failures <= 5 ? randomBetween(15_000, 30_000) : randomBetween(30_000, 60_000), this.stop);
      }
    }
  }

  /** One long poll. It ends early when the job ends, so that the next poll reports the runner as idle. */
  private async poll(sessionId: string): Promise<RunnerMessage | undefined> {
    const jobEnded = new AbortController();
    this.pollEnded = () => jobEnded.abort();
    const status = this.dispatcher.busy ? "Busy" : "Online";
    const url = this.url(`/_runner/message?sessionId=${sessionId}&status=${status}&runnerVersion=${version()}`);
    const signal = AbortSignal.any([this.stop, jobEnded.signal]);
    const isFinal = (error: unknown) => error instanceof ServerError && error.status < 500;
    try {
      return await withRetries({ attempts: 5, between: [5_000, 15_000], isFinal, signal }, () =>
        request<RunnerMessage | undefined>("GET", url, { ...this.call(), signal }),
      );
    } catch (error) {
      if (jobEnded.signal.aborted && !this.stop.aborted) return undefined;
      throw error;
    }
  }

  private async receive(sessionId: string, message: RunnerMessage): Promise<void> {
    const isJob = message.messageType === "RunnerJobRequest";
    if (isJob) await boundary("message-arrived", message.body.jobId);
    this.traces.count(`MessageReceived_${message.messageType}`);
    if (message.messageType === "JobCancellation") {
      return this.dispatcher.cancel(message.body.jobId, message.body.timeoutSeconds);
    }
    if (message.messageType === "RunnerRefresh") return this.beginUpdate(message.body);
    const { jobId } = message.body;
    await boundary("message-received", jobId);
    if (this.update !== undefined) {
      // GitHub sends it again with the next poll, and requeues it for another runner after one minute.
      this.traces.write(`Skip message deletion for job request message '${message.messageId}'.`);
      return pause(SKIPPED_MS, this.stop);
    }
    if (message.body.shouldAcknowledge) {
      this.traces.write(`Acknowledging runner request '${message.body.runnerRequestId}'.`, "INFO", "BrokerMessageListener");
      await request("POST", this.url(`/_runner/acknowledge?sessionId=${sessionId}`), {
        ...this.call({ jobId }),
        timeoutMs: 5_000,
      }).catch((error: unknown) => this.traces.write(`acknowledge: ${String(error)}`));
    }
    const job = await this.acquisition.acquire(message.body);
    if (!job) return;
    this.jobDone = this.dispatcher.run(job).then(() => {
      this.jobEnded = jobId;
      this.pollEnded();
    });
  }

  /** Runs concurrently with the polls; the current poll ends once the update is ready. One update at a time. */
  private beginUpdate(update: RunnerUpdate): void {
    if (this.update !== undefined) return;
    this.update = "under way";
    selfUpdate(update, () => this.dispatcher.idle(), this.traces, this.stop).then(
      () => {
        this.update = "ready";
        this.pollEnded();
      },
      (error: unknown) => {
        this.update = undefined;
        this.traces.write(`update to ${update.targetVersion}: ${String(error)}`);
      },
    );
  }

  private forget(): void {
    process.stdout.write("The runner no longer exists on the server. Cleaning up local configuration.\n");
    deleteConfiguration();
  }

  private async deleteSession(sessionId: string): Promise<void> {
    const url = this.url(`/_runner/session?sessionId=${sessionId}`);
    await request("DELETE", url, { bearer: this.bearer, signal: AbortSignal.timeout(DELETE_SESSION_MS) }).catch((error: unknown) =>
      this.traces.write(`delete session: ${String(error)}`),
    );
  }

  private call(body?: unknown): { bearer: string; body?: unknown; signal: AbortSignal } {
    return { bearer: this.bearer, body, signal: this.stop };
  }

  private url(path: string): string {
    return `${this.settings.serverUrlV2}${path}`;
  }
}

/** GitHub no longer knows the runner or its credentials. */
function isDeleted(error: unknown): boolean {
  return error instanceof ServerError && (error.code === "RunnerNotFound" || error.code === "InvalidClient");
}
