import type { Clock } from "../../clock";
import type { GitHub } from "../../github";
import type { JobMessage } from "../../github/messages";
import { throwIfAborted, Aborted, PollEnd, type AbortFlag } from "./abort-signal";
import { ListenerSessions } from "./listener-sessions";
import { ListenerLogs } from "./listener-logs";
import { LockRenewal } from "./lock-renewal";
import type { Network } from "./network";
import { type RunnerTiming, DEFAULT_RUNNER_TIMING } from "./runner-timing";
import { Requests, TRIES } from "./requests";
import { Worker } from "./worker";

/** Milliseconds. RunnerService kills a listener that has not exited 30 s after SIGINT. */
const KILL_AFTER = 30_000;

/** The rest of the host, as the runner uses it. */
export interface RunnerEnvironment {
  /** `killed`: the hook has ended the worker, as it does with a job that the machine refuses. */
  jobStarted(job: JobMessage): void | "killed";
  jobCompleted(): void;
  /** runsvc.sh has ended. */
  exited(): void;
  /** Called right before something that a drain can observe changes. */
  changing?(): void;
  /** The host's own wall clock. Default: the rehearsal's. */
  now?(): number;
  timing?: RunnerTiming;
  /**
   * True: renewals of a lock are not made one by one but computed when the lock would expire. A listener that was killed
   * counts as having renewed until the last such computation, and no fault affects a renewal.
   */
  renewOnDemand?: boolean;
}

/**
 * The official runner's processes on one host, as far as a drain can observe them: a listener with its announcements, at
 * most one worker, and the effect of SIGINT on either. Uses the same protocol as the runner stand-in on real machines.
 * The worker is a separate process: if the listener is killed, the worker still completes and reports its job, but
 * nothing renews the job's lock.
 */
export class SimulatedRunner {
  listener: number | undefined;
  workers = 0;
  readonly logs: ListenerLogs;

  private stopping = false;
  private signal: AbortFlag = { aborted: true };
  private worker: Worker | undefined;
  private hung = false;
  private stopPoll = new PollEnd();
  private endBusyPoll: (() => void) | undefined;
  private cancelJob: (() => void) | undefined;
  private readonly requests: Requests;
  private readonly sessions: ListenerSessions;
  private readonly renewal: LockRenewal;

  constructor(
    private readonly clock: Clock,
    private readonly github: GitHub,
    private readonly network: Network,
    private readonly runnerId: number,
    private readonly environment: RunnerEnvironment,
  ) {
    const now = () => environment.now?.() ?? clock.now();
    this.logs = new ListenerLogs(now, () => environment.changing?.());
    this.requests = new Requests(clock, github, network, () => this.timing.roundTrip);
    this.sessions = new ListenerSessions(github, this.requests, runnerId, () => this.timing.roundTrip);
    this.renewal = new LockRenewal(clock, github, this.requests, environment.renewOnDemand ?? false);
  }

  /** runsvc.sh: starts the listener and ends with it. */
  start(pid: number): void {
    const signal = (this.signal = { aborted: false });
    this.environment.changing?.();
    this.stopping = false;
    this.listener = pid;
    this.logs.restart();
    this.stopPoll = new PollEnd();
    this.listen(signal).then(
      () => this.exit(signal),
      (error: unknown) => {
        if (!(error instanceof Aborted)) this.exit(signal);
      },
    );
  }

  /** SIGINT to the listener, as when runsvc.sh gets SIGTERM: cancels a running job. */
  interrupt(): void {
    if (this.listener === undefined) return;
    this.stopping = true;
    this.stopPoll.abort();
    this.cancelJob?.();
  }

  /** SIGTERM to runsvc.sh: SIGINT to the listener, SIGKILL 30 s later. */
  terminate(): void {
    const { signal } = this;
    this.interrupt();
    this.clock.after(KILL_AFTER, () => this.exit(signal));
  }

  /** SIGKILL to the listener; its worker is not affected. */
  crash(): void {
    const { signal } = this;
    if (signal.aborted) return;
    this.stopPoll.abort();
    this.endBusyPoll?.();
    this.cancelJob = undefined;
    this.exit(signal);
  }

  /** SIGKILL to every remaining process. */
  killLeftovers(): void {
    this.killWorker();
    this.crash();
  }

  /** Makes the job's steps never end from now on. */
  hang(): void {
    this.hung = true;
  }

  /** Power loss: all processes of the runner stop. */
  powerOff(): void {
    this.signal.aborted = true;
    this.killWorker();
    this.listener = undefined;
    this.logs.restart();
    this.stopPoll.abort();
    this.endBusyPoll?.();
  }

  private killWorker(): void {
    if (!this.worker) return;
    this.worker.aborted = true;
    this.loseWorker();
  }

  private loseWorker(): void {
    this.environment.changing?.();
    this.worker = undefined;
    this.workers = 0;
  }

  private async listen(signal: AbortFlag): Promise<void> {
    const session = await this.sessions.open(signal, () => this.stopping);
    if (session === undefined) return;
    this.logs.announce("idle");
    while (!this.stopping) {
      if (this.network.closed) await this.requests.pass(signal);
      const message = await this.sessions.poll(signal, session, this.stopPoll);
      throwIfAborted(signal);
      if (this.stopping || message === "deleted") break;
      if (message?.messageType !== "RunnerJobRequest") continue;
      if (this.timing.message > 0) await this.requests.sleep(signal, this.timing.message);
      if (this.network.closed) await this.requests.pass(signal);
      this.logs.message();
      await this.handle(signal, session, message.body.jobId);
    }
    await this.requests.pass(signal);
    this.sessions.close(session);
  }

  private async handle(signal: AbortFlag, sessionId: string, jobId: string): Promise<void> {
    // A stop cancels the request.
    const acknowledge = () => (this.stopping ? undefined : this.github.protocol.acknowledge({ sessionId, jobId }));
    await this.requests.exchange(signal, "acknowledge", 1, acknowledge);
    if (this.stopping) return;
    if (this.timing.acquire > 0) await this.requests.sleep(signal, this.timing.acquire);
    let refused = false;
    const acquire = () => {
      refused = true;
      const job = this.github.protocol.acquire({ runnerId: this.runnerId, jobId });
      refused = false;
      return job;
    };
    const job = await this.requests.exchange(signal, "acquire", TRIES, acquire);
    if (job === undefined) return this.logs.skip(refused);
    if (this.timing.announce > 0) await this.requests.sleep(signal, this.timing.announce);
    this.logs.announce("busy");
    // A busy listener keeps polling, or GitHub would show the runner offline.
    this.endBusyPoll = this.requests.attempt(() => this.github.protocol.pollBusy({ sessionId }));
    await this.holdJob(signal, job, jobId);
    this.endBusyPoll?.();
  }

  private async holdJob(signal: AbortFlag, job: JobMessage, jobId: string): Promise<void> {
    const renewed = await this.requests.exchange(signal, "renew", TRIES, () => this.github.protocol.renew({ jobId }));
    // Without a first renewal, the listener starts no worker and announces nothing more about the job.
    if (renewed === undefined) return;
    await this.runWorker(signal, job);
    this.logs.announce("idle", true);
  }

  private async runWorker(signal: AbortFlag, job: JobMessage): Promise<void> {
    const worker = new Worker(this.clock, this.github, this.requests, job, {
      jobStarted: (message) => this.environment.jobStarted(message),
      jobCompleted: () => this.environment.jobCompleted(),
      hung: () => this.hung,
      stepsOver: () => (this.cancelJob = undefined),
      exiting: () => this.loseWorker(),
    });
    const cancelled = new Promise<"cancelled">((resolve) => {
      this.cancelJob = () => resolve("cancelled");
      if (this.stopping) resolve("cancelled");
    });
    this.renewal.renewWhile(signal, job.jobId, () => !worker.aborted);
    await this.requests.sleep(signal, this.timing.workerStart);
    this.worker = worker;
    this.environment.changing?.();
    this.workers = 1;
    this.logs.workerStarted();
    await worker.run(cancelled);
    throwIfAborted(signal);
  }

  private exit(signal: AbortFlag): void {
    if (signal.aborted) return;
    this.environment.changing?.();
    signal.aborted = true;
    this.listener = undefined;
    this.logs.restart();
    this.environment.exited();
  }

  private get timing(): RunnerTiming {
    return this.environment.timing ?? DEFAULT_RUNNER_TIMING;
  }
}
