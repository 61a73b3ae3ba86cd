/** The network of the runner's unit. Behind the fence requests wait rather than fail, because packets are dropped. */
export class Network {
  private waiting: (() => void)[] = [];
  private cut = false;

  /** True: no packet passes. */
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
    for (const resume of waiting) resume();
  }

  /** Resolves once packets pass. Call it twice for a request: for the request and for its reply. */
  async pass(): Promise<void> {
    while (this.cut) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }
}
