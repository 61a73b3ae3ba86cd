import type { Clock } from "../../clock";

/** Told to whoever waits for a process that was killed: systemd, say. */
export class Killed extends Error {
  constructor() {
    super("the process was killed");
  }
}

/**
 * One process of the agent on a simulated host. What it waits for never comes once it is dead, so that nothing of it
 * goes on; only whoever waits for its end hears of it.
 */
export class AgentProcess {
  private dead = false;
  private over: (() => void) | undefined;

  constructor(private readonly clock: Clock) {}

  get alive(): boolean {
    return !this.dead;
  }

  /** SIGKILL, or the power is gone. */
  kill(): void {
    if (this.dead) return;
    this.dead = true;
    this.over?.();
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.clock.after(ms, () => this.alive && resolve()));
  }

  /** A call of this process: its answer reaches nobody once the process is dead. */
  waitFor<T>(answer: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      answer.then(
        (value) => this.alive && resolve(value),
        (error) => this.alive && reject(error),
      );
    });
  }

  /** Runs it to its end. Rejects with Killed when that comes early. */
  run<T>(work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.dead) return reject(new Killed());
      this.over = () => reject(new Killed());
      work().then(resolve, reject);
    });
  }
}
