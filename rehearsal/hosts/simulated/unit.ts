import type { ActiveState, UnitState } from "../../../host-config/shared/unit-state";
import type { RunnerUnit } from "../../../host-config/actions-runner-pool/agent/ports/runner-unit";
import type { Clock, Timer } from "../../clock";
import type { Network } from "./network";
import type { SimulatedRunner } from "./runner";

/** Milliseconds: `RestartSec=` of the unit. */
const RESTART_AFTER = 10_000;

/** The commands that systemd runs around the runner; on a host they are subcommands of the agent. */
export interface UnitCommands {
  /** ExecStartPre= */
  reap(): Promise<unknown>;
  /** The first of two ExecStop= lines; undefined in the control experiment, whose unit has none. */
  drain: (() => Promise<unknown>) | undefined;
  /** Maximum seconds for which the second stop command waits for a worker. */
  longestStop: number;
  /** Whether a drain has forced the stop: then nothing waits any more. */
  forced(): boolean;
  /** ExecStopPost= */
  startCompletion(): Promise<void>;
}

/** `actions-runner.service` as systemd would run it, with a simulated runner. */
export class SimulatedUnit implements RunnerUnit {
  commands!: UnitCommands;
  /** Called right before the result of `state` changes. */
  changing: () => void = () => undefined;
  private current: ActiveState = "inactive";
  private everStarted = false;
  private onExit: (() => void) | undefined;
  private reaping: Promise<void> | undefined;
  /** Pending automatic restart: systemd reports `activating (auto-restart)`. */
  private restart: Timer | undefined;
  private startAgain = false;
  private powered = true;
  private nextPid = 100;

  constructor(
    private readonly clock: Clock,
    private readonly network: Network,
    private readonly runner: () => SimulatedRunner | undefined,
  ) {}

  async state(): Promise<UnitState> {
    return this.snapshot();
  }

  snapshot(): UnitState {
    return {
      active: this.current,
      everStarted: this.everStarted,
      mainAlive: this.runner()?.listener !== undefined,
    };
  }

  async start(): Promise<void> {
    if (this.current === "deactivating") this.startAgain = true;
    if (this.current === "inactive" || this.current === "failed" || this.restart) this.begin();
  }

  async stop(): Promise<void> {
    this.startAgain = false;
    if (this.restart) return this.cancelRestart();
    if (this.current !== "active" && this.current !== "activating") return;
    this.enter("deactivating");
    void this.deactivate();
  }

  async raiseFence(): Promise<boolean> {
    this.network.raiseFence();
    return true;
  }

  async lowerFence(): Promise<void> {
    this.network.lowerFence();
  }

  async interrupt(pid: number): Promise<void> {
    if (this.runner()?.listener === pid) this.runner()?.interrupt();
  }

  /** Kills the runner's processes that are left in the control group. */
  async killLeftovers(): Promise<boolean> {
    this.runner()?.killLeftovers();
    return true;
  }

  /** runsvc.sh has ended, by itself or by a signal. */
  exited(): void {
    if (this.onExit) return this.onExit();
    if (this.current !== "active") return;
    this.enter("deactivating");
    void this.ended().then(() => this.restartLater());
  }

  powerOff(): void {
    this.powered = false;
    this.restart?.cancel();
    this.current = "inactive";
    this.runner()?.powerOff();
  }

  private begin(): void {
    this.restart?.cancel();
    this.restart = undefined;
    this.everStarted = true;
    this.enter("activating");
    void this.activate();
  }

  private async activate(): Promise<void> {
    let refused = false;
    this.reaping = this.commands.reap().then(
      () => undefined,
      () => void (refused = true),
    );
    await this.reaping;
    this.reaping = undefined;
    if (!this.powered || this.current !== "activating") return;
    // A failed start. systemd would retry; on an instance that is terminating every retry would fail too.
    if (refused) return this.enter("inactive");
    this.enter("active");
    this.runner()?.start(this.nextPid++);
  }

  private async deactivate(): Promise<void> {
    if (this.reaping) {
      // systemd runs ExecStop= only after a successful start; the reap ignores systemd's signal and ends by itself.
      await this.reaping;
    } else {
      const exit = new Promise<void>((resolve) => (this.onExit = resolve));
      if (this.commands.drain) await this.drain(this.commands.drain);
      if (!this.powered) return;
      if (this.runner()?.listener !== undefined) {
        this.runner()?.terminate();
        await exit;
      }
      this.onExit = undefined;
    }
    await this.ended();
    if (this.startAgain && this.powered) {
      this.startAgain = false;
      this.begin();
    }
  }

  /** The first ExecStop= and, if it was killed, what `stop-again.sh` does. */
  private async drain(command: () => Promise<unknown>): Promise<void> {
    for (let attempt = 1; attempt <= 2; attempt++) {
      try {
        await command();
        return;
      } catch {
        // Killed: the next attempt starts over.
      }
    }
    const end = this.clock.now() + this.commands.longestStop * 1000;
    for (let quiet = 0; quiet < 10 && this.clock.now() < end && !this.commands.forced(); ) {
      const { listener, workers = 0 } = this.runner() ?? {};
      if (!this.powered || (workers === 0 && listener === undefined)) return;
      quiet = workers > 0 ? 0 : quiet + 1;
      await this.clock.sleep(1000);
    }
  }

  private async ended(): Promise<void> {
    if (!this.powered) return;
    await this.commands.startCompletion();
    this.enter("inactive");
  }

  /** Restart=always, which does not apply after a stop. */
  private restartLater(): void {
    if (!this.powered || this.current !== "inactive") return;
    this.restart = this.clock.after(RESTART_AFTER, () => {
      this.restart = undefined;
      this.begin();
    });
    this.enter("activating");
  }

  private cancelRestart(): void {
    this.restart?.cancel();
    this.restart = undefined;
    this.enter("inactive");
  }

  private enter(state: ActiveState): void {
    this.changing();
    this.current = state;
  }
}
