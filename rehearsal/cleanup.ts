/** Undoes what the rehearsal started, in reverse order, however far it got and whatever ends it. */
export class Cleanup {
  private readonly actions: (() => unknown)[] = [];
  private running: Promise<void> | undefined;

  /** Registers how to undo something that was started. */
  add(action: () => unknown): void {
    this.actions.push(action);
  }

  /** Undoes everything. Safe to call twice; a failed step does not stop the others. */
  run(): Promise<void> {
    return (this.running ??= this.unwind());
  }

  private async unwind(): Promise<void> {
    for (let action = this.actions.pop(); action; action = this.actions.pop()) {
      try {
        await action();
      } catch (error) {
        console.error(`clean-up: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }
}

/** Handles Ctrl-C and SIGTERM: cleans up and exits, unless a caller of `next` waits for Ctrl-C. */
export class Interruption {
  private waiting: (() => void) | undefined;
  private readonly listener = (signal: NodeJS.Signals) => this.interrupted(signal);

  constructor(private readonly cleanup: Cleanup) {
    process.on("SIGINT", this.listener).on("SIGTERM", this.listener);
  }

  /** Resolves at the next Ctrl-C, which then does not end the process. */
  next(): Promise<void> {
    return new Promise((resolve) => (this.waiting = resolve));
  }

  release(): void {
    process.off("SIGINT", this.listener).off("SIGTERM", this.listener);
  }

  private interrupted(signal: NodeJS.Signals): void {
    const waiting = this.waiting;
    this.waiting = undefined;
    if (waiting && signal === "SIGINT") return waiting();
    console.error(`\n${signal}: cleaning up`);
    // 130: the exit code that a shell reports for a program that Ctrl-C ended.
    void this.cleanup.run().then(() => process.exit(130));
  }
}
