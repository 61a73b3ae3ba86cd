import { Clock } from "../../clock";
import { GitHub } from "../../github";
import { JobMessage, ProtocolError, SHUTDOWN_ANNOTATION } from "../../github/messages";
import { Network } from "./network";

/** Milliseconds, of the order that the official runner takes on a small machine. */
const ROUND_TRIP = 60;
const WORKER_START = 400;
const RENEW_EVERY = 60_000;
/** A cancelled step gets SIGINT, 7.5 s later SIGTERM and 2.5 s later it is killed. */
const CANCEL_WITHIN = 2_000;
/** RunnerService kills a listener that has not gone 30 s after SIGINT. */
const KILL_AFTER = 30_000;
const SESSION_RETRY = 10_000;

/** What the runner does to the rest of the host. */
export interface RunnerSurroundings {
  jobStarted(): void;
  jobCompleted(): void;
  /** runsvc.sh has ended. */
  exited(): void;
}

/** Thrown inside the model's own coroutines when the machine's power is gone or the process was killed. */
class Gone extends Error {}

/**
 * The official runner's processes on one host, as far as a drain can see them: a listener with its announcements, at
 * most one worker, and what SIGINT does to either. Same protocol as the runner stand-in of real machines.
 */
export class SimulatedRunner {
  listener: number | undefined;
  workers = 0;
  announced: "idle" | "busy" | undefined;
  announcedAt: number | undefined;
  messageAt: number | undefined;

  private stopping = false;
  private life = 0;
  private stopPoll = new AbortController();
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
    const life = ++this.life;
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
    const life = this.life;
    this.interrupt();
    this.clock.after(KILL_AFTER, () => {
      if (life === this.life && this.listener !== undefined) this.exit(life);
    });
  }

  /** Power is gone: nothing of the runner does anything any more. */
  powerOff(): void {
    this.life++;
    this.listener = undefined;
    this.workers = 0;
    this.announced = undefined;
    this.stopPoll.abort();
  }

  private async listen(life: number): Promise<void> {
    const session = await this.openSession(life);
    if (session === undefined) return;
    this.announce("idle");
    while (!this.stopping) {
      await this.pass(life);
      const message = await this.poll(session);
      this.alive(life);
      if (this.stopping || message === "deleted") break;
      if (message?.messageType !== "RunnerJobRequest") continue;
      await this.pass(life);
      this.messageAt = this.clock.now();
      await this.handle(life, session, message.body.jobId);
    }
    await this.pass(life);
    this.attempt(() => this.github.protocol.deleteSession({ sessionId: session }));
  }

  private async openSession(life: number): Promise<string | undefined> {
    for (;;) {
      await this.pass(life);
      await this.sleep(life, ROUND_TRIP);
      try {
        return this.github.protocol.createSession({ runnerId: this.runnerId }).sessionId;
      } catch (error) {
        if (!(error instanceof ProtocolError) || error.code !== "SessionConflict") return undefined;
      }
      if (this.stopping) return undefined;
      await this.sleep(life, SESSION_RETRY);
    }
  }

  private async poll(sessionId: string) {
    try {
      return await this.github.protocol.poll({
        sessionId,
        status: "Online",
        waitMs: Infinity,
        signal: this.stopPoll.signal,
      });
    } catch {
      return "deleted" as const;
    }
  }

  private async handle(life: number, sessionId: string, jobId: string): Promise<void> {
    await this.exchange(life, () => this.github.protocol.acknowledge({ sessionId, jobId }));
    if (this.stopping) return;
    const job = await this.exchange(life, () => this.github.protocol.acquire({ runnerId: this.runnerId, jobId }));
    if (job === undefined) return;
    this.announce("busy");
    await this.exchange(life, () => this.github.protocol.renew({ jobId }));
    await this.runWorker(life, job);
    this.announce("idle");
  }

  private async runWorker(life: number, job: JobMessage): Promise<void> {
    let ended = false;
    const cancelled = new Promise<"cancelled">((resolve) => {
      this.cancelJob = () => resolve("cancelled");
      if (this.stopping) resolve("cancelled");
    });
    const renewing = this.renewWhile(life, job.jobId, () => !ended);
    await this.sleep(life, WORKER_START);
    this.workers = 1;
    const outcome = await Promise.race([this.work(life, job, () => ended), cancelled]);
    ended = true;
    this.cancelJob = undefined;
    if (outcome === "cancelled") {
      await this.sleep(life, CANCEL_WITHIN);
      const annotations = [{ level: "failure" as const, message: SHUTDOWN_ANNOTATION }];
      await this.exchange(life, () => {
        this.github.protocol.complete({ jobId: job.jobId, result: "Failed", annotations });
      });
    }
    this.workers = 0;
    await renewing;
  }

  private async work(life: number, job: JobMessage, over: () => boolean): Promise<"done"> {
    const report = (change: "hook-started" | "hook-ended" | "steps-started" | "steps-ended") => {
      if (!over()) this.attempt(() => this.github.protocol.report({ jobId: job.jobId, change, at: this.clock.now() }));
    };
    const seconds = job.steps.reduce((sum, step) => sum + (step.seconds ?? 0), 0);
    await this.sleep(life, job.setupSeconds * 1000);
    report("hook-started");
    this.around.jobStarted();
    report("hook-ended");
    report("steps-started");
    await this.sleep(life, seconds * 1000);
    if (over()) return "done";
    report("steps-ended");
    this.around.jobCompleted();
    await this.exchange(life, () => {
      if (!over()) this.github.protocol.complete({ jobId: job.jobId, result: "Succeeded" });
    });
    return "done";
  }

  private async renewWhile(life: number, jobId: string, goes: () => boolean): Promise<void> {
    const tick = () => {
      if (!goes() || life !== this.life) return;
      this.attempt(() => this.github.protocol.renew({ jobId }));
      this.clock.after(RENEW_EVERY, tick);
    };
    this.clock.after(RENEW_EVERY, tick);
  }

  /** A request and its reply, each of which the fence holds up. Undefined when GitHub refuses. */
  private async exchange<T>(life: number, call: () => T): Promise<T | undefined> {
    await this.pass(life);
    await this.sleep(life, ROUND_TRIP);
    const reply = this.attempt(call);
    await this.pass(life);
    return reply;
  }

  private attempt<T>(call: () => T): T | undefined {
    try {
      return call();
    } catch (error) {
      if (error instanceof ProtocolError) return undefined;
      throw error;
    }
  }

  private announce(state: "idle" | "busy"): void {
    this.announced = state;
    this.announcedAt = this.clock.now();
  }

  private exit(life: number): void {
    if (life !== this.life) return;
    this.life++;
    this.listener = undefined;
    this.announced = undefined;
    this.around.exited();
  }

  private async pass(life: number): Promise<void> {
    await this.network.pass();
    this.alive(life);
  }

  private async sleep(life: number, ms: number): Promise<void> {
    if (ms > 0) await this.clock.sleep(ms);
    this.alive(life);
  }

  private alive(life: number): void {
    if (life !== this.life) throw new Gone();
  }
}
