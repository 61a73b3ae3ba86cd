import type { GitHub } from "../../github";
import { ProtocolError, type RunnerMessage } from "../../github/messages";
import { Aborted, type AbortFlag } from "./abort-signal";
import { type Requests, TRY_AGAIN } from "./requests";

/** Milliseconds until the next try after a session was refused because another one lives. */
const SESSION_RETRY = 10_000;

/** The listener's sessions with GitHub, one at a time: how it comes to one, and how it hears of jobs in it. */
export class ListenerSessions {
  constructor(
    private readonly github: GitHub,
    private readonly requests: Requests,
    private readonly runnerId: number,
    /** Milliseconds of a request and its reply; may change at any time. */
    private readonly roundTrip: () => number,
  ) {}

  /** Undefined when GitHub does not know the runner, or the listener is to stop before there is a session. */
  async open(signal: AbortFlag, stopping: () => boolean): Promise<string | undefined> {
    for (;;) {
      await this.requests.pass(signal);
      await this.requests.sleep(signal, this.roundTrip());
      try {
        if (!(await this.requests.fails(signal, "session"))) {
          return this.github.protocol.createSession({ runnerId: this.runnerId }).sessionId;
        }
      } catch (error) {
        if (!(error instanceof ProtocolError) || error.code !== "SessionConflict") return undefined;
      }
      if (stopping()) return undefined;
      await this.requests.sleep(signal, SESSION_RETRY);
    }
  }

  /** Waits for the next message, as long as it takes. `deleted`: there is no such session any more, or no such runner. */
  async poll(signal: AbortFlag, sessionId: string, stopPoll: AbortSignal): Promise<RunnerMessage | "deleted" | undefined> {
    try {
      const message = await this.github.protocol.poll({ sessionId, status: "Online", waitMs: Infinity, signal: stopPoll });
      if (!message || !this.github.faults.any || !(await this.requests.fails(signal, "message"))) return message;
    } catch (error) {
      if (error instanceof Aborted) throw error;
      return "deleted";
    }
    // The answer got lost. Unacknowledged, the job is sent again, or queued again after a minute.
    await this.requests.sleep(signal, TRY_AGAIN);
    return undefined;
  }

  close(sessionId: string): void {
    this.requests.attempt(() => this.github.protocol.deleteSession({ sessionId }));
  }
}
