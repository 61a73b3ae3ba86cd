import type { Signs } from "../../../host-config/actions-runner-pool/agent/ports/job-signs";
import type { UnitState } from "../../../host-config/shared/unit-state";
import type { TargetState } from "../../../contract/aws/lifecycle";
import type { Clock, Timer } from "../../clock";
import type { AgentProcess } from "./agent-process";

/** Everything that a loop of the agent polls and that may change outside the loop. */
export interface Inputs {
  signs: Signs;
  unit: UnitState;
  target: TargetState | undefined;
  /** Milliseconds by which the host's clock is wrong. */
  skew: number;
}

interface Sleep {
  /** Time and inputs of the last poll. */
  from: number;
  inputs: Inputs;
  period: number;
  wake: () => void;
  cap: Timer | undefined;
}

/**
 * The time and the inputs that one process of the agent observes. A loop that polls once (or four times) a second does
 * nothing while its inputs stay the same, so a simulation of months skips these polls: the loop sleeps until an input
 * changes. Then the last skipped poll is replayed with the time and the inputs that it would have had (the loop may record
 * when it last saw a worker), and the next poll happens at its usual time.
 */
export class View {
  private sleeping: Sleep | undefined;
  private replay: { at: number; inputs: Inputs } | undefined;

  constructor(
    private readonly clock: Clock,
    /** Returns the current inputs. */
    private readonly read: () => Inputs,
    /** Owner of the view: a pause of a killed process never ends. */
    private readonly process: Pick<AgentProcess, "alive">,
  ) {}

  now(): number {
    return this.replay?.at ?? this.clock.now();
  }

  /** The process has ended. */
  end(): void {
    this.sleeping?.cap?.cancel();
    this.sleeping = undefined;
  }

  /** Inputs for a replayed poll; undefined: read the current ones. */
  get replayed(): Inputs | undefined {
    return this.replay?.inputs;
  }

  /** A loop's pause: until `ms` after its poll, which may have been a replayed one. */
  pause(ms: number): Promise<void> {
    const until = this.now() + ms;
    this.replay = undefined;
    return new Promise((resolve) => this.clock.after(until - this.clock.now(), () => this.process.alive && resolve()));
  }

  /**
   * The same pause for a loop that does nothing until its inputs change.
   *
   * @param until no poll at or after this time is skipped; Infinity: all may be skipped.
   */
  skip(period: number, until = Infinity): Promise<void> {
    // The inputs of a replayed poll are outdated.
    if (this.replay) return this.pause(period);
    const from = this.now();
    const inputs = this.read();
    return new Promise((resolve) => {
      const wake = (): void => {
        this.sleeping?.cap?.cancel();
        this.sleeping = undefined;
        if (this.process.alive) resolve();
      };
      const polls = Number.isFinite(until) ? Math.floor((until - from) / period) : Infinity;
      if (polls < 2) return void this.clock.after(from + period - this.clock.now(), wake);
      const cap = Number.isFinite(polls) ? this.clock.after(from + polls * period - this.clock.now(), wake) : undefined;
      this.sleeping = { from, inputs, period, wake, cap };
    });
  }

  /**
   * Must be called right before an input changes. A poll that is due at the same instant counts as earlier than the
   * change: its timer was set a period ago, before those of changes at the same instant.
   */
  inputsChanged(): void {
    const { sleeping, clock } = this;
    if (!sleeping) return;
    const { from, inputs, period, wake } = sleeping;
    const skipped = Math.floor((clock.now() - from) / period);
    if (skipped >= 1) {
      this.replay = { at: from + skipped * period, inputs };
      wake();
      return;
    }
    sleeping.cap?.cancel();
    this.sleeping = undefined;
    clock.after(from + period - clock.now(), wake);
  }
}
