/** What must be undone, last things first, however far the rehearsal got and whatever ends it. */
export class Cleanup {
  private readonly acts: (() => unknown)[] = [];
  private running: Promise<void> | undefined;

  /** Something was started: this ends it. */
  add(act: () => unknown): void {
    this.acts.push(act);
  }

  /** Undoes everything. Safe to call twice; one failure does not stop the rest. */
  run(): Promise<void> {
    return (this.running ??= this.unwind());
  }

  private async unwind(): Promise<void> {
    for (let act = this.acts.pop(); act; act = this.acts.pop()) {
      try {
        await act();
      } catch (error) {
        console.error(`clean-up: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }
}

/** What Ctrl-C and SIGTERM do: clean up and go, unless somebody waits for just that. */
export class Interruption {
  private waiting: (() => void) | undefined;
  private readonly listener = (signal: NodeJS.Signals) => this.interrupted(signal);

  constructor(private readonly cleanup: Cleanup) {
    process.on("SIGINT", this.listener).on("SIGTERM", this.listener);
  }

  /** Resolves with the next Ctrl-C, which then ends nothing else. */
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
    // 130 is what a shell makes of a program that Ctrl-C ended.
    void this.cleanup.run().then(() => process.exit(130));
  }
}
