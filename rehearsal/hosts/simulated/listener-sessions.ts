import type { GitHub } from "../../github";
import { ProtocolError, type RunnerMessage } from "../../github/messages";
import type { HangUp } from "../../github/protocol";
import { Aborted, type AbortFlag } from "./abort-signal";
import { type Requests, RETRY_DELAY } from "./requests";

/** Milliseconds until the next attempt after a session was refused because another one is open. */
const SESSION_RETRY = 10_000;

/** The listener's sessions with GitHub, one at a time: opens them and polls them for messages. */
export class ListenerSessions {
  constructor(
    private readonly github: GitHub,
    private readonly requests: Requests,
    private readonly runnerId: number,
    /** Milliseconds of a request and its reply; may change at any time. */
    private readonly roundTrip: () => number,
  ) {}

  /** Undefined if the runner is not registered at GitHub, or if the listener must stop before it has a session. */
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

  /** Waits for the next message, without a time limit. `deleted`: the session or the runner no longer exists. */
  async poll(signal: AbortFlag, sessionId: string, stopPoll: HangUp): Promise<RunnerMessage | "deleted" | undefined> {
    try {
      const message = await this.github.protocol.poll({ sessionId, status: "Online", waitMs: Infinity, signal: stopPoll });
      if (!message || !this.github.faults.any || !(await this.requests.fails(signal, "message"))) return message;
    } catch (error) {
      if (error instanceof Aborted) throw error;
      return "deleted";
    }
    // The response was lost. The job is unacknowledged, so GitHub sends it again, or requeues it after a minute.
    await this.requests.sleep(signal, RETRY_DELAY);
    return undefined;
  }

  close(sessionId: string): void {
    this.requests.attempt(() => this.github.protocol.deleteSession({ sessionId }));
  }
}
