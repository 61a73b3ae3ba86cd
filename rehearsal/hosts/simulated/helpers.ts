import { complete } from "../../../host-config/actions-runner-pool/agent/complete";
import { heartbeat } from "../../../host-config/actions-runner-pool/agent/heartbeat";
import type { HelperUnits } from "../../../host-config/actions-runner-pool/agent/ports/helper-units";
import { isTerminating } from "../../../host-config/actions-runner-pool/agent/target-state";
import type { Timer } from "../../clock";
import type { SimulatedMachine } from "./machine";
import type { Programs } from "./programs";

/** Milliseconds: `RestartSec=` of the completion's and of the heartbeat's unit. */
const HELPER_AGAIN = 10_000;
/** Milliseconds by which the heartbeat's timer starts after the agent. */
const TIMER_LATER = 37;

/** The agent's two helper units as systemd runs them: the completion, and the heartbeat with its timer. */
export class HelperServices implements HelperUnits {
  private beating = false;
  private beatsFrom = 0;
  private beatTimer: Timer | undefined;
  private completing = false;

  constructor(
    private readonly machine: SimulatedMachine,
    /** Runs a program of the agent's in a process of its own. */
    private readonly run: Programs["run"],
  ) {}

  /** `runner-heartbeat.timer` */
  startTimer(): void {
    this.beatsFrom = this.machine.environment.clock.now() + TIMER_LATER;
    this.scheduleBeat();
  }

  /** What the agent looks at has changed: an instance that begins to terminate needs beats from now on. */
  inputsChanged(): void {
    if (this.machine.booted && !this.beatTimer) this.scheduleBeat();
  }

  powerOff(): void {
    this.beatTimer?.cancel();
  }

  /** `runner-heartbeat.service` */
  async startHeartbeat(): Promise<void> {
    void this.beat();
  }

  /** `runner-complete.service`: one at a time, again after a failure; a runner that is not stopped yet counts as one. */
  async startCompletion(): Promise<void> {
    if (this.completing) return;
    this.completing = true;
    void this.untilItSucceeds("completion", async (host, drain) => {
      if ((await complete(host, drain)) === "still-running") throw new Error("the runner is not stopped yet");
    }).then(() => (this.completing = false));
  }

  /** A beat of an instance that is not terminating does nothing. */
  private scheduleBeat(): void {
    const { machine } = this;
    const { clock, skipIdle } = machine.environment;
    this.beatTimer = undefined;
    if (!machine.on || (skipIdle?.metadataSteady() && !isTerminating(machine.target()))) return;
    const interval = machine.config.heartbeatInterval * 1000;
    const beats = Math.max(1, Math.floor((clock.now() - this.beatsFrom) / interval) + 1);
    this.beatTimer = clock.after(this.beatsFrom + beats * interval - clock.now(), () => {
      void this.beat();
      this.scheduleBeat();
    });
  }

  /** One at a time, again after a failure. */
  private async beat(): Promise<void> {
    if (this.beating) return;
    this.beating = true;
    await this.untilItSucceeds("heartbeat", heartbeat);
    this.beating = false;
  }

  private async untilItSucceeds(what: string, work: Parameters<Programs["run"]>[0]): Promise<void> {
    while (this.machine.on) {
      try {
        await this.run(work);
        return;
      } catch (error) {
        this.machine.log().warn(`${what} failed`, { error: String(error) });
        await this.machine.environment.clock.sleep(HELPER_AGAIN);
      }
    }
  }
}
