import { randomUUID } from "node:crypto";
import type { Clock, Timer } from "../clock";
import { ProtocolError, type RunnerMessage } from "./messages";
import type { GitHubOptions } from "./github-options";
import type { Runner, Runners } from "./runners";

export interface Session {
  readonly id: string;
  readonly runnerId: number;
  /** The poll that is waiting for a message, if any. */
  poll?: { deliver(message: RunnerMessage | undefined): void };
  /** Ends the session when the runner stops polling. */
  expiry?: Timer;
  /** Whether its last poll accepts a job. */
  idle: boolean;
  pending: RunnerMessage[];
  /** Labels of its runner when the poll began. */
  key: string;
}

/** The runners' sessions with GitHub, at most one per runner. A runner is online while it has a session. */
export class Sessions {
  private readonly byId = new Map<string, Session>();
  private readonly byRunner = new Map<number, Session>();

  constructor(
    private readonly clock: Clock,
    private readonly runners: Runners,
    private readonly options: GitHubOptions,
  ) {}

  /** Throws SessionConflict while the runner has another session. */
  create(runner: Runner): Session {
    if (this.byRunner.has(runner.id)) {
      throw new ProtocolError("SessionConflict", "A session for this runner already exists.");
    }
    const session: Session = { id: randomUUID(), runnerId: runner.id, idle: false, pending: [], key: "" };
    this.byId.set(session.id, session);
    this.byRunner.set(runner.id, session);
    this.armExpiry(session);
    this.runners.setOnline(runner, true);
    return session;
  }

  /** Throws RunnerNotFound once the runner was deleted, SessionNotFound once the session has expired. */
  get(id: string): Session {
    const session = this.byId.get(id);
    if (!session) throw new ProtocolError("SessionNotFound", "The session does not exist or has expired.");
    this.runners.require(session.runnerId);
    return session;
  }

  /** The session of a runner that is online. */
  of(runnerId: number): Session | undefined {
    return this.byRunner.get(runnerId);
  }

  /** Starts the expiry timer: the runner must poll in time. Has no effect on a session that has ended. */
  armExpiry(session: Session): void {
    if (this.byRunner.get(session.runnerId) !== session) return;
    session.expiry?.cancel();
    session.expiry = this.clock.after(this.options.sessionExpiryMs, () => this.end(session.runnerId));
  }

  /** @param deleted the runner was deleted */
  end(runnerId: number, deleted = false): void {
    const session = this.byRunner.get(runnerId);
    if (!session) return;
    this.byRunner.delete(runnerId);
    session.expiry?.cancel();
    // A deleted runner's poll stays open: only its next poll reports the deletion, as at GitHub.
    if (deleted) session.idle = false;
    else {
      this.byId.delete(session.id);
      session.poll?.deliver(undefined);
    }
    const runner = this.runners.get(runnerId);
    if (runner) this.runners.setOnline(runner, false);
  }

  close(): void {
    for (const runnerId of [...this.byRunner.keys()]) this.end(runnerId);
  }
}
