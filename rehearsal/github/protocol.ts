import type { Clock, Timer } from "../clock";
import type { Job } from "./jobs";
import { matchingOf } from "./label-matching";
import { type JobVariables, MessageWriter } from "./message-writer";
import type { Completion, JobMessage, Report, RunnerMessage } from "./messages";
import type { GitHubOptions } from "./github-options";
import type { JobQueue } from "./queue";
import type { Runners } from "./runners";
import { type Session, Sessions } from "./sessions";
import { suits } from "./waiting-jobs";

/** What a poll uses of an AbortSignal. A simulated runner has a cheaper one, because it polls once for each job. */
export interface HangUp {
  readonly aborted: boolean;
  addEventListener(type: "abort", act: () => void): void;
  removeEventListener(type: "abort", act: () => void): void;
}

export interface Poll {
  sessionId: string;
  /** A busy runner keeps polling for cancellations; it gets no job meanwhile. */
  status: "Online" | "Busy";
  /** Milliseconds to wait for a message. Default 50 s; simulated hosts use Infinity. */
  waitMs?: number;
  /** Aborted when the runner hangs up; the poll then resolves with undefined and delivers nothing. */
  signal?: HangUp;
}

/**
 * The exchange between runners and GitHub, without HTTP: `RunnerWire` serves it to real runners, simulated hosts call it
 * directly. Methods throw ProtocolError.
 */
export class Protocol {
  private readonly sessions: Sessions;
  /** Sessions that poll for a job, by the labels of their runners: dispatching a job must not scan ten thousand sessions. */
  private readonly ready = new Map<string, Set<Session>>();
  private readonly messages: MessageWriter;

  constructor(
    private readonly clock: Clock,
    private readonly runners: Runners,
    private readonly queue: JobQueue,
    private readonly options: GitHubOptions,
    runServiceUrl: string,
    variables: JobVariables,
  ) {
    this.sessions = new Sessions(clock, runners, options);
    this.messages = new MessageWriter(options, runServiceUrl, variables);
    queue.onWaiting = (job) => this.dispatch(job);
    queue.onFree = (runnerId) => this.offer(this.sessions.of(runnerId));
    queue.onCancel = (job) => this.cancel(job);
    runners.onReplace.push((runner) => this.sessions.end(runner.id));
    runners.onDelete.push((runner) => this.sessions.end(runner.id, true));
  }

  /** Throws SessionConflict while the runner has another session, RunnerNotFound when it was deleted. */
  createSession(request: { runnerId: number }): { sessionId: string } {
    this.runners.removeAbsent();
    return { sessionId: this.sessions.create(this.runners.require(request.runnerId)).id };
  }

  /** Long poll. Throws RunnerNotFound once the runner was deleted, SessionNotFound once the session has expired. */
  async poll(request: Poll): Promise<RunnerMessage | undefined> {
    const session = this.sessions.get(request.sessionId);
    session.poll?.deliver(undefined);
    session.expiry?.cancel();
    session.idle = request.status === "Online";
    try {
      return await this.wait(session, request);
    } finally {
      this.sessions.armExpiry(session);
    }
  }

  /** All polls of a busy simulated runner in one call: it stays online. Returns a function that ends them. */
  pollBusy(request: { sessionId: string }): () => void {
    const session = this.sessions.get(request.sessionId);
    session.expiry?.cancel();
    session.idle = false;
    return () => this.sessions.armExpiry(session);
  }

  /** The runner has received the message, so it is not sent again. Best effort on the runner's side. */
  acknowledge(request: { sessionId: string; jobId: string }): void {
    const session = this.sessions.get(request.sessionId);
    this.queue.acknowledge(request.jobId, session.runnerId);
  }

  /** Assigns the job to the runner permanently. On JobNotFound or JobAlreadyAcquired the runner skips the message. */
  acquire(request: { runnerId: number; jobId: string }): JobMessage {
    const runner = this.runners.require(request.runnerId);
    return this.messages.job(this.queue.acquire(request.jobId, runner), runner);
  }

  renew(request: { jobId: string }): { lockedUntil: string } {
    const job = this.queue.renew(request.jobId);
    return { lockedUntil: new Date(job.lockedUntil ?? 0).toISOString() };
  }

  /** For simulated runners: `lastAt` returns the time of the last renewal, in ms since the epoch. */
  renewing(request: { jobId: string; lastAt: () => number }): void {
    this.queue.known.get(request.jobId).renewedAt = request.lastAt;
  }

  report(report: Report): void {
    this.queue.report(report);
  }

  complete(completion: Completion): void {
    const job = this.queue.complete(completion);
    const runner = job.runnerId === undefined ? undefined : this.runners.get(job.runnerId);
    if (runner?.ephemeral) this.runners.remove(runner);
  }

  deleteSession(request: { sessionId: string }): void {
    const session = this.sessions.get(request.sessionId);
    this.sessions.end(session.runnerId);
  }

  /** Expires a runner's session as if it had not polled in time. */
  expireSession(runnerId: number): void {
    this.sessions.end(runnerId);
  }

  /** Ends all waits, so that no timer outlives the rehearsal. */
  close(): void {
    this.sessions.close();
  }

  private wait(session: Session, request: Poll): Promise<RunnerMessage | undefined> {
    return new Promise((resolve) => {
      let timer: Timer | undefined;
      const deliver = (message: RunnerMessage | undefined) => {
        if (session.poll?.deliver !== deliver) return;
        session.poll = undefined;
        this.ready.get(session.key)?.delete(session);
        timer?.cancel();
        request.signal?.removeEventListener("abort", hangUp);
        resolve(message);
      };
      const hangUp = () => deliver(undefined);
      session.poll = { deliver };
      if (request.signal?.aborted) return hangUp();
      request.signal?.addEventListener("abort", hangUp);
      const message = this.next(session);
      if (message) return deliver(message);
      if (session.idle) this.markReady(session);
      const waitMs = request.waitMs ?? this.options.pollMs;
      if (Number.isFinite(waitMs)) timer = this.clock.after(waitMs, () => deliver(undefined));
    });
  }

  private markReady(session: Session): void {
    const runner = this.runners.get(session.runnerId);
    if (!runner) return;
    session.key = matchingOf(runner).key;
    const peers = this.ready.get(session.key);
    if (peers) peers.add(session);
    else this.ready.set(session.key, new Set([session]));
  }

  /** A runner that reconnects gets an unacknowledged assignment again; an idle one gets the next matching job. */
  private next(session: Session): RunnerMessage | undefined {
    const pending = session.pending.shift();
    if (pending) return pending;
    if (!session.idle) return undefined;
    const runner = this.runners.get(session.runnerId);
    const held = this.queue.heldBy(session.runnerId);
    if (held) return held.state === "assigned" && !held.acknowledged ? this.messages.request(held) : undefined;
    const job = runner && this.queue.assignTo(runner);
    return job && this.messages.request(job);
  }

  /** Offers a newly waiting job to an idle runner that matches. */
  private dispatch(job: Job): void {
    for (const sessions of this.ready.values()) {
      for (const session of sessions) {
        const runner = this.runners.get(session.runnerId);
        if (!runner || !suits(job, runner)) {
          // Other sessions with the same labels match no better, unless labels changed or the job requires one runner.
          if (runner && job.spec.runner === undefined && matchingOf(runner).key === session.key) break;
          continue;
        }
        if (this.offer(session)) return;
      }
    }
  }

  /** Offers waiting jobs to every idle runner, after a time in which none was assigned. */
  offerAll(): void {
    for (const sessions of this.ready.values()) for (const session of [...sessions]) this.offer(session);
  }

  /** Requests a connected runner to update itself; has no effect on one that is offline. */
  update(runnerId: number, targetVersion: string): void {
    this.notify(runnerId, this.messages.refresh(targetVersion));
  }

  /** Returns whether the session received a message. */
  private offer(session: Session | undefined): boolean {
    if (!session?.poll || !session.idle) return false;
    const message = this.next(session);
    if (message) session.poll.deliver(message);
    return message !== undefined;
  }

  private cancel(job: Job): void {
    if (job.runnerId === undefined) return;
    this.notify(job.runnerId, this.messages.cancellation(job));
  }

  private notify(runnerId: number, message: RunnerMessage): void {
    const session = this.sessions.of(runnerId);
    if (session?.poll) session.poll.deliver(message);
    else session?.pending.push(message);
  }
}
