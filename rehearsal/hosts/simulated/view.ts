import type { Signs } from "../../../host-config/actions-runner-pool/agent/ports/job-signs";
import type { UnitState } from "../../../host-config/shared/unit-state";
import type { TargetState } from "../../../contract/aws/lifecycle";
import type { Clock, Timer } from "../../clock";
import type { AgentProcess } from "./agent-process";

/** All that a loop of the agent looks at and that may change by itself. */
export interface Inputs {
  signs: Signs;
  unit: UnitState;
  target: TargetState | undefined;
  /** Milliseconds by which the host's clock is wrong. */
  skew: number;
}

interface Sleep {
  /** When the loop looked last, and what it saw. */
  from: number;
  seen: Inputs;
  period: number;
  wake: () => void;
  cap: Timer | undefined;
}

/**
 * What one process of the agent sees, and when. A loop that looks each second (or four times) and finds what it found
 * before does nothing, so a simulation of months need not run it: it sleeps until something that it looks at changes.
 * Then the last look that was skipped is made after all, with the time and the sight of then (it may remember when it
 * last saw a worker), and the next one comes when it would have come.
 */
export class View {
  private sleeping: Sleep | undefined;
  private replay: { at: number; seen: Inputs } | undefined;

  constructor(
    private readonly clock: Clock,
    /** Everything as it is now. */
    private readonly read: () => Inputs,
    /** Whose view it is: no pause of a dead process ends. */
    private readonly process: Pick<AgentProcess, "alive">,
  ) {}

  now(): number {
    return this.replay?.at ?? this.clock.now();
  }

  /** Nobody looks any more. */
  end(): void {
    this.sleeping?.cap?.cancel();
    this.sleeping = undefined;
  }

  /** What a late look is to see; undefined: look at what is there. */
  get late(): Inputs | undefined {
    return this.replay?.seen;
  }

  /** The pause of a loop: until `ms` after its look, which may have been a late one. */
  pause(ms: number): Promise<void> {
    const until = this.now() + ms;
    this.replay = undefined;
    return new Promise((resolve) => this.clock.after(until - this.clock.now(), () => this.process.alive && resolve()));
  }

  /**
   * The same pause for a loop that does nothing as long as its inputs stay as they are.
   *
   * @param until no look at or after this time is skipped; Infinity: each may be.
   */
  skip(period: number, until = Infinity): Promise<void> {
    // What a late look saw is no longer there.
    if (this.replay) return this.pause(period);
    const from = this.now();
    const seen = this.read();
    return new Promise((resolve) => {
      const wake = (): void => {
        this.sleeping?.cap?.cancel();
        this.sleeping = undefined;
        if (this.process.alive) resolve();
      };
      const looks = Number.isFinite(until) ? Math.floor((until - from) / period) : Infinity;
      if (looks < 2) return void this.clock.after(from + period - this.clock.now(), wake);
      const cap = Number.isFinite(looks) ? this.clock.after(from + looks * period - this.clock.now(), wake) : undefined;
      this.sleeping = { from, seen, period, wake, cap };
    });
  }

  /**
   * Something that the loop looks at changes in this very moment. A look that falls together with it came first: its
   * timer was set a period ago, those of changes on the same beat are set later.
   */
  inputsChanged(): void {
    const { sleeping, clock } = this;
    if (!sleeping) return;
    const { from, seen, period, wake } = sleeping;
    const skipped = Math.floor((clock.now() - from) / period);
    if (skipped >= 1) {
      this.replay = { at: from + skipped * period, seen };
      wake();
      return;
    }
    sleeping.cap?.cancel();
    this.sleeping = undefined;
    clock.after(from + period - clock.now(), wake);
  }
}
