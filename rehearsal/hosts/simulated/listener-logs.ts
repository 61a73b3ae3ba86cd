import type { Signs } from "../../../host-config/actions-runner-pool/agent/ports/job-signs";

type Logged = Pick<Signs, "announced" | "announcedAt" | "jobEnded" | "messageAt" | "skippedAt">;

/** What the agent reads in the listener's three logs: announcements, performance, diagnostics. */
export class ListenerLogs {
  /** Changed in place, with every field from the start: the agent copies it at each tick, and V8 copies one shape fast. */
  private readonly logged: Logged = {
    announced: undefined,
    announcedAt: undefined,
    jobEnded: undefined,
    messageAt: undefined,
    skippedAt: undefined,
  };

  constructor(
    /** The host's wall clock. */
    private readonly now: () => number,
    /** Called right before something that a drain can observe changes. */
    private readonly changing: () => void,
  ) {}

  get read(): Logged {
    return this.logged;
  }

  /** A listener starts, or has ended: what it logged before is void. */
  restart(): void {
    this.write({ announced: undefined, messageAt: undefined, skippedAt: undefined });
  }

  announce(announced: "idle" | "busy", jobEnded = false): void {
    this.write({ announced, announcedAt: this.stamp(), jobEnded });
  }

  message(): void {
    this.write({ messageAt: this.now() });
  }

  /** The start of a worker voids its message. */
  workerStarted(): void {
    this.write({ messageAt: undefined });
  }

  /** The listener says that it skips the message, which voids it. */
  skip(refusedByGitHub: boolean): void {
    this.write({ messageAt: undefined, ...(refusedByGitHub ? { skippedAt: this.stamp() } : {}) });
  }

  private write(change: Logged): void {
    this.changing();
    Object.assign(this.logged, change);
  }

  /** The listener's timestamps are in whole seconds. */
  private stamp(): number {
    return Math.floor(this.now() / 1000) * 1000;
  }
}
