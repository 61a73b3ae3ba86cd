import { ActiveState, RunnerUnit, UnitState } from "../../../host-config/agent/ports";
import { Clock } from "../../clock";
import { Network } from "./network";
import { SimulatedRunner } from "./runner";

/** Milliseconds: `RestartSec=` of the unit. */
const RESTART_AFTER = 10_000;

/** The commands that systemd runs around the runner; on a host they are subcommands of the agent. */
export interface UnitCommands {
  /** ExecStartPre= */
  reap(): Promise<unknown>;
  /** ExecStop= ; undefined is the control experiment: a unit without it. */
  drain: (() => Promise<unknown>) | undefined;
  /** ExecStopPost= */
  startCompletion(): Promise<void>;
}

/** `actions-runner.service` as systemd would run it around a simulated runner. */
export class SimulatedUnit implements RunnerUnit {
  commands!: UnitCommands;
  private active: ActiveState = "inactive";
  private everStarted = false;
  private onExit: (() => void) | undefined;
  private powered = true;
  private nextPid = 100;

  constructor(
    private readonly clock: Clock,
    private readonly network: Network,
    private readonly runner: () => SimulatedRunner | undefined,
  ) {}

  async state(): Promise<UnitState> {
    return {
      active: this.active,
      everStarted: this.everStarted,
      mainAlive: this.runner()?.listener !== undefined,
    };
  }

  async start(): Promise<void> {
    if (this.active !== "inactive" && this.active !== "failed") return;
    this.active = "activating";
    this.everStarted = true;
    void this.activate();
  }

  async stop(): Promise<void> {
    if (this.active !== "active" && this.active !== "activating") return;
    this.active = "deactivating";
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

  /** Simulated jobs leave no daemons behind, so there is nothing to kill. */
  async killLeftovers(): Promise<void> {}

  /** runsvc.sh has ended, by itself or by a signal. */
  exited(): void {
    if (this.onExit) return this.onExit();
    if (this.active !== "active") return;
    this.active = "deactivating";
    void this.ended().then(() => this.restartLater());
  }

  powerOff(): void {
    this.powered = false;
    this.active = "inactive";
    this.runner()?.powerOff();
  }

  private async activate(): Promise<void> {
    try {
      await this.commands.reap();
    } catch {
      // A failed start. systemd would try again and again; on an instance that is being let go each would fail too.
      if (this.active === "activating") this.active = "inactive";
      return;
    }
    if (!this.powered || this.active !== "activating") return;
    this.active = "active";
    this.runner()?.start(this.nextPid++);
  }

  private async deactivate(): Promise<void> {
    const exit = new Promise<void>((resolve) => (this.onExit = resolve));
    await this.commands.drain?.();
    if (!this.powered) return;
    if (this.runner()?.listener !== undefined) {
      this.runner()?.terminate();
      await exit;
    }
    this.onExit = undefined;
    await this.ended();
  }

  private async ended(): Promise<void> {
    if (!this.powered) return;
    await this.commands.startCompletion();
    this.active = "inactive";
  }

  private restartLater(): void {
    this.clock.after(RESTART_AFTER, () => {
      if (this.powered && this.active === "inactive") void this.start();
    });
  }
}
