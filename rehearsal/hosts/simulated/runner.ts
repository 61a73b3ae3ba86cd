import type { Clock } from "../../clock";
import type { GitHub } from "../../github";
import { type JobMessage, ProtocolError, SHUTDOWN_ANNOTATION } from "../../github/messages";
import type { Network } from "./network";
import { type RunnerPace, USUAL_PACE } from "./pace";

const RENEW_EVERY = 60_000;
/** A cancelled step gets SIGINT, 7.5 s later SIGTERM and 2.5 s later it is killed. */
const CANCEL_WITHIN = 2_000;
/** RunnerService kills a listener that has not gone 30 s after SIGINT. */
const KILL_AFTER = 30_000;
const SESSION_RETRY = 10_000;
/** The official runner repeats an acquisition, a first renewal and a completion up to five times, 5 to 15 s apart. */
const TRIES = 5;
const TRY_AGAIN = 10_000;
/** What the listener waits for an answer at most. */
const GIVE_UP = 100_000;

/** Where the runner stand-in of real machines finds the protocol; faults are injected by these names. */
const HOST = "broker.actions.githubusercontent.com";
const ROUTES = {
  session: ["POST", "/_runner/session"],
  message: ["GET", "/_runner/message"],
  acknowledge: ["POST", "/_runner/acknowledge"],
  acquire: ["POST", "/_run/acquirejob"],
  renew: ["POST", "/_run/renewjob"],
  complete: ["POST", "/_run/completejob"],
} as const;
type Route = keyof typeof ROUTES;

/** What the runner does to the rest of the host. */
export interface RunnerSurroundings {
  jobStarted(): void;
  jobCompleted(): void;
  /** runsvc.sh has ended. */
  exited(): void;
  /** Something that a drain can see has changed, or is just about to. */
  changing?(): void;
  /** The host's own wall clock. Default: the rehearsal's. */
  now?(): number;
  pace?: RunnerPace;
  /**
   * True: a lock's renewals are not made one by one, but reckoned when the lock would expire. A listener that was killed
   * counts as having renewed until the last such reckoning, and no fault meets a renewal.
   */
  renewOnDemand?: boolean;
}

/** Thrown inside the model's own coroutines when the machine's power is gone or the process was killed. */
class Gone extends Error {}

/** Lives as long as the process that it stands for. */
interface Life {
  over: boolean;
}

/**
 * The official runner's processes on one host, as far as a drain can see them: a listener with its announcements, at
 * most one worker, and what SIGINT does to either. Same protocol as the runner stand-in of real machines. The worker is
 * a process of its own: it outlives a listener that is killed, ends its job and reports it, but nobody renews its lock.
 */
export class SimulatedRunner {
  listener: number | undefined;
  workers = 0;
  announced: "idle" | "busy" | undefined;
  announcedAt: number | undefined;
  messageAt: number | undefined;

  private stopping = false;
  private life: Life = { over: true };
  private worker: Life | undefined;
  private hung = false;
  private stopPoll = new AbortController();
  private endBusyPoll: (() => void) | undefined;
  private cancelJob: (() => void) | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly github: GitHub,
    private readonly network: Network,
    private readonly runnerId: number,
    private readonly around: RunnerSurroundings,
  ) {}

  /** runsvc.sh: starts the listener; ends when it ends. */
  start(pid: number): void {
    const life = (this.life = { over: false });
    this.around.changing?.();
    this.stopping = false;
    this.listener = pid;
    this.announced = undefined;
    this.messageAt = undefined;
    this.stopPoll = new AbortController();
    this.listen(life).then(
      () => this.exit(life),
      (error: unknown) => {
        if (!(error instanceof Gone)) this.exit(life);
      },
    );
  }

  /** SIGINT to the listener, which is what SIGTERM to runsvc.sh comes to: it cancels a running job. */
  interrupt(): void {
    if (this.listener === undefined) return;
    this.stopping = true;
    this.stopPoll.abort();
    this.cancelJob?.();
  }

  /** SIGTERM to runsvc.sh: SIGINT to the listener, SIGKILL 30 s later. */
  terminate(): void {
    const { life } = this;
    this.interrupt();
    this.clock.after(KILL_AFTER, () => this.exit(life));
  }

  /** SIGKILL to the listener: its worker knows nothing of that. */
  crash(): void {
    const { life } = this;
    if (life.over) return;
    this.stopPoll.abort();
    this.endBusyPoll?.();
    this.cancelJob = undefined;
    this.exit(life);
  }

  /** SIGKILL to whatever lives. */
  killLeftovers(): void {
    this.killWorker();
    this.crash();
  }

  /** The job's steps never end from now on. */
  hang(): void {
    this.hung = true;
  }

  /** Power is gone: nothing of the runner does anything any more. */
  powerOff(): void {
    this.life.over = true;
    this.killWorker();
    this.listener = undefined;
    this.announced = undefined;
    this.stopPoll.abort();
    this.endBusyPoll?.();
  }

  private killWorker(): void {
    if (!this.worker) return;
    this.around.changing?.();
    this.worker.over = true;
    this.worker = undefined;
    this.workers = 0;
  }

  private async listen(life: Life): Promise<void> {
    const session = await this.openSession(life);
    if (session === undefined) return;
    this.announce("idle");
    while (!this.stopping) {
      if (this.network.closed) await this.pass(life);
      const message = await this.poll(life, session);
      alive(life);
      if (this.stopping || message === "deleted") break;
      if (message?.messageType !== "RunnerJobRequest") continue;
      if (this.pace.message > 0) await this.sleep(life, this.pace.message);
      if (this.network.closed) await this.pass(life);
      this.around.changing?.();
      this.messageAt = this.now();
      await this.handle(life, session, message.body.jobId);
    }
    await this.pass(life);
    this.attempt(() => this.github.protocol.deleteSession({ sessionId: session }));
  }

  private async openSession(life: Life): Promise<string | undefined> {
    for (;;) {
      await this.pass(life);
      await this.sleep(life, this.pace.roundTrip);
      try {
        if (!(await this.fails(life, "session"))) {
          return this.github.protocol.createSession({ runnerId: this.runnerId }).sessionId;
        }
      } catch (error) {
        if (!(error instanceof ProtocolError) || error.code !== "SessionConflict") return undefined;
      }
      if (this.stopping) return undefined;
      await this.sleep(life, SESSION_RETRY);
    }
  }

  private async poll(life: Life, sessionId: string) {
    try {
      const message = await this.github.protocol.poll({
        sessionId,
        status: "Online",
        waitMs: Infinity,
        signal: this.stopPoll.signal,
      });
      if (!message || !this.github.faults.any || !(await this.fails(life, "message"))) return message;
    } catch (error) {
      if (error instanceof Gone) throw error;
      return "deleted" as const;
    }
    // The answer got lost. Unacknowledged, the job is sent again, or queued again after a minute.
    await this.sleep(life, TRY_AGAIN);
    return undefined;
  }

  private async handle(life: Life, sessionId: string, jobId: string): Promise<void> {
    await this.exchange(life, "acknowledge", 1, () => this.github.protocol.acknowledge({ sessionId, jobId }));
    if (this.stopping) return;
    if (this.pace.acquire > 0) await this.sleep(life, this.pace.acquire);
    const acquire = () => this.github.protocol.acquire({ runnerId: this.runnerId, jobId });
    const job = await this.exchange(life, "acquire", TRIES, acquire);
    if (job === undefined) return;
    if (this.pace.announce > 0) await this.sleep(life, this.pace.announce);
    this.announce("busy");
    // A busy listener goes on polling, or GitHub would take it for offline.
    this.endBusyPoll = this.attempt(() => this.github.protocol.pollBusy({ sessionId }));
    await this.holdJob(life, job, jobId);
    this.endBusyPoll?.();
  }

  private async holdJob(life: Life, job: JobMessage, jobId: string): Promise<void> {
    const renewed = await this.exchange(life, "renew", TRIES, () => this.github.protocol.renew({ jobId }));
    // Without a first renewal no worker is ever started, and the listener says no word about the job any more.
    if (renewed === undefined) return;
    await this.runWorker(life, job);
    this.announce("idle");
  }

  private async runWorker(life: Life, job: JobMessage): Promise<void> {
    const worker: Life = { over: false };
    const cancelled = new Promise<"cancelled">((resolve) => {
      this.cancelJob = () => resolve("cancelled");
      if (this.stopping) resolve("cancelled");
    });
    this.renewWhile(life, job.jobId, () => !worker.over);
    await this.sleep(life, this.pace.workerStart);
    this.worker = worker;
    this.around.changing?.();
    this.workers = 1;
    await this.work(worker, job, cancelled);
    alive(life);
  }

  /** The worker's whole life. */
  private async work(worker: Life, job: JobMessage, cancelled: Promise<"cancelled">): Promise<void> {
    const steps: Life = { over: false };
    const outcome = await Promise.race([this.runSteps(worker, steps, job), cancelled]);
    steps.over = true;
    alive(worker);
    this.cancelJob = undefined;
    if (outcome === "cancelled") {
      await this.sleep(worker, CANCEL_WITHIN);
      const annotations = [{ level: "failure" as const, message: SHUTDOWN_ANNOTATION }];
      await this.exchange(worker, "complete", TRIES, () =>
        this.github.protocol.complete({ jobId: job.jobId, result: "Failed", annotations }),
      );
    } else {
      await this.exchange(worker, "complete", TRIES, () => this.github.protocol.complete({ jobId: job.jobId, result: "Succeeded" }));
    }
    this.around.changing?.();
    worker.over = true;
    this.worker = undefined;
    this.workers = 0;
  }

  private async runSteps(worker: Life, steps: Life, job: JobMessage): Promise<"done"> {
    const report = (change: "hook-started" | "hook-ended" | "steps-started" | "steps-ended") =>
      this.attempt(() => this.github.protocol.report({ jobId: job.jobId, change, at: this.clock.now() }));
    const over = () => worker.over || steps.over;
    const seconds = job.steps.reduce((sum, step) => sum + (step.seconds ?? 0), 0);
    await this.clock.sleep(job.setupSeconds * 1000);
    if (over()) return forever();
    report("hook-started");
    this.around.jobStarted();
    report("hook-ended");
    report("steps-started");
    await this.clock.sleep(seconds * 1000);
    if (over() || this.hung) return forever();
    report("steps-ended");
    this.around.jobCompleted();
    return "done";
  }

  /** The lock is the listener's to renew. */
  private renewWhile(life: Life, jobId: string, goes: () => boolean): void {
    if (this.around.renewOnDemand) {
      const began = this.clock.now();
      let last = began;
      this.attempt(() =>
        this.github.protocol.renewing({
          jobId,
          lastAt: () => {
            if (goes() && !life.over) last = began + Math.floor((this.clock.now() - began) / RENEW_EVERY) * RENEW_EVERY;
            return last;
          },
        }),
      );
      return;
    }
    const tick = () => {
      if (!goes() || life.over) return;
      void this.renew(life, jobId);
      this.clock.after(RENEW_EVERY, tick);
    };
    this.clock.after(RENEW_EVERY, tick);
  }

  private async renew(life: Life, jobId: string): Promise<void> {
    const failed = this.github.faults.any && (await this.fails(life, "renew").catch(() => true));
    if (!failed) this.attempt(() => this.github.protocol.renew({ jobId }));
  }

  /** A request and its reply, each of which the fence holds up. Undefined when GitHub refuses, or fails each time. */
  private async exchange<T>(life: Life, route: Route, tries: number, call: () => T): Promise<T | undefined> {
    for (let attempt = 1; ; attempt++) {
      if (this.network.closed) await this.pass(life);
      await this.sleep(life, this.pace.roundTrip);
      if (!this.github.faults.any || !(await this.fails(life, route))) {
        const reply = this.attempt(call);
        if (this.network.closed) await this.pass(life);
        return reply;
      }
      if (attempt >= tries) return undefined;
      await this.sleep(life, TRY_AGAIN);
    }
  }

  /** Whether an injected fault of GitHub meets this request. */
  private async fails(life: Life, route: Route): Promise<boolean> {
    if (!this.github.faults.any) return false;
    const [method, path] = ROUTES[route];
    const fault = this.github.faults.take(method, HOST, path);
    if (!fault) return false;
    if (fault.kind === "slow") await this.sleep(life, Math.min(fault.ms, GIVE_UP));
    if (fault.kind === "hang") await this.sleep(life, GIVE_UP);
    return fault.kind !== "slow" || fault.ms >= GIVE_UP;
  }

  private attempt<T>(call: () => T): T | undefined {
    try {
      return call();
    } catch (error) {
      if (error instanceof ProtocolError) return undefined;
      throw error;
    }
  }

  /** The listener stamps whole seconds. */
  private announce(state: "idle" | "busy"): void {
    this.around.changing?.();
    this.announced = state;
    this.announcedAt = Math.floor(this.now() / 1000) * 1000;
  }

  private exit(life: Life): void {
    if (life.over) return;
    this.around.changing?.();
    life.over = true;
    this.listener = undefined;
    this.announced = undefined;
    this.around.exited();
  }

  private get pace(): RunnerPace {
    return this.around.pace ?? USUAL_PACE;
  }

  private now(): number {
    return this.around.now?.() ?? this.clock.now();
  }

  private async pass(life: Life): Promise<void> {
    await this.network.pass();
    alive(life);
  }

  private async sleep(life: Life, ms: number): Promise<void> {
    if (ms > 0) await this.clock.sleep(ms);
    alive(life);
  }
}

function alive(life: Life): void {
  if (life.over) throw new Gone();
}

function forever(): Promise<never> {
  return new Promise(() => undefined);
}
