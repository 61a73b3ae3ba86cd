import type { Timer } from "./clock";

/** A class, because a closure for each of a simulation's millions of timers would be garbage. */
export class TimerEntry implements Timer {
  constructor(
    private readonly queue: TimerQueue,
    readonly at: number,
    readonly order: number,
    /** Undefined once it has fired or was cancelled. */
    public act: (() => void) | undefined,
  ) {}

  cancel(): void {
    if (!this.act) return;
    this.act = undefined;
    this.queue.cancelled();
  }
}

/** A binary heap by time, then by order. Cancelled entries stay until they reach the top or are the majority. */
export class TimerQueue {
  private heap: TimerEntry[] = [];
  private dead = 0;

  get live(): number {
    return this.heap.length - this.dead;
  }

  push(entry: TimerEntry): void {
    this.heap.push(entry);
    this.rise(this.heap.length - 1);
  }

  peek(): TimerEntry | undefined {
    while (this.heap.length > 0 && !this.heap[0]!.act) {
      this.takeTop();
      this.dead--;
    }
    return this.heap[0];
  }

  pop(): TimerEntry | undefined {
    return this.peek() && this.takeTop();
  }

  cancelled(): void {
    this.dead++;
    if (this.dead < 1024 || this.dead * 2 < this.heap.length) return;
    this.heap = this.heap.filter((entry) => entry.act);
    this.dead = 0;
    for (let i = (this.heap.length >> 1) - 1; i >= 0; i--) this.sink(i);
  }

  clear(): void {
    this.heap = [];
    this.dead = 0;
  }

  private takeTop(): TimerEntry {
    const top = this.heap[0]!;
    const last = this.heap.pop()!;
    if (this.heap.length > 0) {
      this.heap[0] = last;
      this.sink(0);
    }
    return top;
  }

  private rise(index: number): void {
    const entry = this.heap[index]!;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!before(entry, this.heap[parent]!)) break;
      this.heap[index] = this.heap[parent]!;
      index = parent;
    }
    this.heap[index] = entry;
  }

  private sink(index: number): void {
    const entry = this.heap[index]!;
    for (;;) {
      let child = index * 2 + 1;
      if (child >= this.heap.length) break;
      if (child + 1 < this.heap.length && before(this.heap[child + 1]!, this.heap[child]!)) child++;
      if (!before(this.heap[child]!, entry)) break;
      this.heap[index] = this.heap[child]!;
      index = child;
    }
    this.heap[index] = entry;
  }
}

function before(a: TimerEntry, b: TimerEntry): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
