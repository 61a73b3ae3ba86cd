/**
 * GitHub is away: REST answers 503, no job is assigned, nothing is delivered. Runners keep what they run. Events of that time are
 * delivered when it ends, or never.
 */
export class Outage {
  private present?: { events: "late" | "never"; over: Promise<void> };
  /** Called when it ends. */
  onEnd: () => void = () => {};

  get isAway(): boolean {
    return this.present !== undefined;
  }

  /** Whether an event of this moment is lost. */
  get losesEvents(): boolean {
    return this.present?.events === "never";
  }

  /** Returns the function that ends it. @throws if it has begun already */
  begin(events: "late" | "never"): () => void {
    if (this.present) throw new Error("GitHub is away already");
    let resolve: () => void = () => {};
    const over = new Promise<void>((settle) => (resolve = settle));
    const present = { events, over };
    this.present = present;
    return () => {
      if (this.present !== present) return;
      this.present = undefined;
      resolve();
      this.onEnd();
    };
  }

  /** Resolves when GitHub is back; at once if it is not away. */
  async over(): Promise<void> {
    await this.present?.over;
  }
}
