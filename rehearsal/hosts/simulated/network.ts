/** The runner unit's network as the fence sees it: what is cut is not refused, it waits, as dropped packets do. */
export class Network {
  private waiting: (() => void)[] = [];
  private cut = false;

  /** Nothing passes. */
  get closed(): boolean {
    return this.cut;
  }

  raiseFence(): void {
    this.cut = true;
  }

  lowerFence(): void {
    this.cut = false;
    const waiting = this.waiting;
    this.waiting = [];
    for (const go of waiting) go();
  }

  /** Resolves once packets pass. A request passes twice: on its way out and with its reply. */
  async pass(): Promise<void> {
    while (this.cut) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }
}
