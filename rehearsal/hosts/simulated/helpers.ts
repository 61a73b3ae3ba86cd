import { complete } from "../../../host-config/actions-runner-pool/agent/complete";
import { heartbeat } from "../../../host-config/actions-runner-pool/agent/heartbeat";
import type { HelperUnits } from "../../../host-config/actions-runner-pool/agent/ports/helper-units";
import { isTerminating } from "../../../host-config/actions-runner-pool/agent/target-state";
import type { Timer } from "../../clock";
import type { SimulatedMachine } from "./machine";
import type { Programs } from "./programs";

/** Milliseconds: `RestartSec=` of the completion's and of the heartbeat's unit. */
const RESTART_DELAY = 10_000;
/** Milliseconds from the agent's start to the start of the heartbeat's timer. */
const TIMER_OFFSET = 37;

/** The agent's two helper units as systemd runs them: the completion, and the heartbeat with its timer. */
export class HelperServices implements HelperUnits {
  private heartbeatRunning = false;
  private timerStartedAt = 0;
  private timer: Timer | undefined;
  private completionRunning = false;

  constructor(
    private readonly machine: SimulatedMachine,
    /** Runs a program of the agent in its own process. */
    private readonly run: Programs["run"],
  ) {}

  /** `runner-heartbeat.timer` */
  startTimer(): void {
    this.timerStartedAt = this.machine.environment.clock.now() + TIMER_OFFSET;
    this.scheduleHeartbeat();
  }

  /** An instance that begins to terminate needs heartbeats from now on. */
  inputsChanged(): void {
    if (this.machine.booted && !this.timer) this.scheduleHeartbeat();
  }

  powerOff(): void {
    this.timer?.cancel();
  }

  /** `runner-heartbeat.service` */
  async startHeartbeat(): Promise<void> {
    void this.sendHeartbeat();
  }

  /** `runner-complete.service`: one at a time, retried after a failure, including a runner that has not stopped yet. */
  async startCompletion(): Promise<void> {
    if (this.completionRunning) return;
    this.completionRunning = true;
    void this.retryUntilDone("completion", async (host, drain) => {
      if ((await complete(host, drain)) === "still-running") throw new Error("the runner is not stopped yet");
    }).then(() => (this.completionRunning = false));
  }

  /** Not scheduled while the instance is known not to be terminating: the heartbeat would do nothing. */
  private scheduleHeartbeat(): void {
    const { machine } = this;
    const { clock, skipIdle } = machine.environment;
    this.timer = undefined;
    if (!machine.on || (skipIdle?.metadataSteady() && !isTerminating(machine.target()))) return;
    const interval = machine.config.heartbeatInterval * 1000;
    const intervals = Math.max(1, Math.floor((clock.now() - this.timerStartedAt) / interval) + 1);
    this.timer = clock.after(this.timerStartedAt + intervals * interval - clock.now(), () => {
      void this.sendHeartbeat();
      this.scheduleHeartbeat();
    });
  }

  /** One at a time, retried after a failure. */
  private async sendHeartbeat(): Promise<void> {
    if (this.heartbeatRunning) return;
    this.heartbeatRunning = true;
    await this.retryUntilDone("heartbeat", heartbeat);
    this.heartbeatRunning = false;
  }

  private async retryUntilDone(what: string, work: Parameters<Programs["run"]>[0]): Promise<void> {
    while (this.machine.on) {
      try {
        await this.run(work);
        return;
      } catch (error) {
        this.machine.log().warn(`${what} failed`, { error: String(error) });
        await this.machine.environment.clock.sleep(RESTART_DELAY);
      }
    }
  }
}
