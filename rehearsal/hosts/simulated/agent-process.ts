import { StacklessError } from "../../stackless-error";
import type { Clock } from "../../clock";

/** Rejects the promise of a caller, such as systemd, that waits for a process that was killed. */
export class Killed extends StacklessError {
  constructor() {
    super("the process was killed");
  }
}

/**
 * One process of the agent on a simulated host. Once it is killed, nothing that it awaits settles any more, so its code
 * stops; only a caller of `run` is notified.
 */
export class AgentProcess {
  private killed = false;
  private onKill: (() => void) | undefined;

  constructor(private readonly clock: Clock) {}

  get alive(): boolean {
    return !this.killed;
  }

  /** SIGKILL, or a power loss. */
  kill(): void {
    if (this.killed) return;
    this.killed = true;
    this.onKill?.();
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.clock.after(ms, () => this.alive && resolve()));
  }

  /** Waits for a call of this process; never settles once the process is killed. */
  waitFor<T>(result: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      result.then(
        (value) => this.alive && resolve(value),
        (error) => this.alive && reject(error),
      );
    });
  }

  /** Runs the process until it ends. Rejects with Killed if it is killed before. */
  run<T>(work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.killed) return reject(new Killed());
      this.onKill = () => reject(new Killed());
      work().then(resolve, reject);
    });
  }
}
