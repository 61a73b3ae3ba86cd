import { randomUUID } from "node:crypto";
import type { Clock, Timer } from "../clock";
import { ProtocolError, type RunnerMessage } from "./messages";
import type { GitHubOptions } from "./github-options";
import type { Runner, Runners } from "./runners";

export interface Session {
  readonly id: string;
  readonly runnerId: number;
  /** The poll that waits for a message, if one does. */
  poll?: { deliver(message: RunnerMessage | undefined): void };
  /** Ends the session when nobody polls. */
  expiry?: Timer;
  /** Its last poll said that it would take a job. */
  idle: boolean;
  pending: RunnerMessage[];
  /** Labels of its runner when it began to poll. */
  key: string;
}

/** The sessions of runners with GitHub: one for a runner, which is online as long as it has it. */
export class Sessions {
  private readonly byId = new Map<string, Session>();
  private readonly byRunner = new Map<number, Session>();

  constructor(
    private readonly clock: Clock,
    private readonly runners: Runners,
    private readonly options: GitHubOptions,
  ) {}

  /** Throws SessionConflict while another session of the runner lives. */
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

  /** From now on somebody must poll in time. Nothing happens to a session that has ended. */
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
    // A deleted runner's poll stays open: it is its next one that learns of the deletion, as at GitHub.
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
