import { TimerEntry, TimerQueue } from "../timer-queue";

/** Events of one simulated day. Times are milliseconds since its midnight. */
export class EventLoop {
  now = 0;
  private order = 0;
  private readonly queue = new TimerQueue();

  at(time: number, act: () => void): TimerEntry {
    const entry = new TimerEntry(this.queue, Math.max(time, this.now), this.order++, act);
    this.queue.push(entry);
    return entry;
  }

  after(delay: number, act: () => void): TimerEntry {
    return this.at(this.now + delay, act);
  }

  /** Runs events until the condition holds, there are none left, or the time is up. Returns whether the condition holds. */
  runUntil(condition: () => boolean, end: number): boolean {
    while (!condition()) {
      const next = this.queue.peek();
      if (!next || next.at > end) return false;
      this.queue.pop();
      this.now = next.at;
      const { act } = next;
      next.act = undefined;
      act!();
    }
    return true;
  }
}
