import type { Host } from "../../../host-config/actions-runner-pool/agent/ports/host";
import type { Wait } from "../../../host-config/actions-runner-pool/agent/stopped-runner";
import { complete } from "../../../host-config/actions-runner-pool/agent/complete";
import { heartbeat } from "../../../host-config/actions-runner-pool/agent/heartbeat";
import type { HelperUnits } from "../../../host-config/actions-runner-pool/agent/ports/helper-units";
import type { TargetState } from "../../../contract/aws/lifecycle";
import { entersPool, isTerminating } from "../../../host-config/actions-runner-pool/agent/target-state";
import type { Timer } from "../../clock";
import type { AgentProcess } from "./agent-process";
import type { SimulatedMachine } from "./machine";
import type { Programs } from "./programs";

/** Milliseconds: `RestartSec=` of the completion's and of the heartbeat's unit. */
const RESTART_DELAY = 10_000;
/** Milliseconds from the agent's start to the start of the heartbeat's timer. */
const TIMER_OFFSET = 37;

/** Whether a heartbeat may have anything to do. */
function mayEnd(target: TargetState | undefined): boolean {
  return isTerminating(target) || entersPool(target);
}

/** The agent's two helper units as systemd runs them: the completion, and the heartbeat with its timer. */
export class HelperServices implements HelperUnits {
  private heartbeatRunning = false;
  private timerStartedAt = 0;
  private timer: Timer | undefined;
  private completionRunning = false;
  private completion: AgentProcess | undefined;

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
    const run = async (host: Host, drain: Wait) => {
      if ((await complete(host, drain)) === "still-running") throw new Error("the runner is not stopped yet");
    };
    void this.retryUntilDone("completion", run, (process) => (this.completion = process)).then(() => (this.completionRunning = false));
  }

  /** SIGKILL to the completion, if it runs: systemd starts it again after its `RestartSec=`. */
  killCompletion(): void {
    this.completion?.kill();
  }

  /** Not scheduled while the instance is known not to be terminating: the heartbeat would do nothing. */
  private scheduleHeartbeat(): void {
    const { machine } = this;
    const { clock, skipIdle } = machine.environment;
    this.timer = undefined;
    if (!machine.on || (skipIdle?.metadataSteady() && !mayEnd(machine.target()))) return;
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

  private async retryUntilDone(
    what: string,
    work: Parameters<Programs["run"]>[0],
    started?: (process: AgentProcess) => void,
  ): Promise<void> {
    while (this.machine.on) {
      try {
        await this.run(work, started);
        return;
      } catch (error) {
        if (!this.machine.on) return;
        this.machine.log().warn(`${what} failed`, { error: String(error) });
        await this.machine.environment.clock.sleep(RESTART_DELAY);
      }
    }
  }
}
