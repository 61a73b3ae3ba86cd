import { Daemon, TICK_MS } from "../../../host-config/actions-runner-pool/agent/daemon";
import { DaemonIdleness } from "./idle";
import type { SimulatedMachine } from "./machine";
import type { Process } from "./process";
import type { Program, Programs } from "./programs";

/** Milliseconds: `RestartSec=` of the agent's unit. */
const AGENT_AGAIN = 1_000;

/** `runner-agent.service`: the agent's daemon, as systemd runs it. */
export class AgentService {
  private running: { process: Process; daemon: Daemon } | undefined;

  constructor(
    private readonly machine: SimulatedMachine,
    private readonly programs: Programs,
  ) {}

  start(): void {
    if (!this.machine.on || !this.machine.booted || this.running) return;
    const program = this.programs.start();
    const idleness = new DaemonIdleness(this.machine);
    const daemon = new Daemon({ ...program.host, protection: idleness.overhear(program.host.protection) });
    this.running = { process: program.process, daemon };
    void this.run(program, daemon, idleness);
  }

  /** SIGKILL to the daemon; systemd starts it again after a second, unless `forGood`. */
  kill(forGood: boolean): void {
    const { clock, bootMs } = this.machine.around;
    if (this.running) this.machine.processes.kill(this.running.process);
    this.running = undefined;
    if (!forGood) clock.after(AGENT_AGAIN + ((bootMs ?? 0) % 1), () => this.start());
  }

  /** A job of the runner's has begun or ended. */
  hint(): void {
    void this.running?.daemon.hint();
  }

  /** `Daemon.run`, with an eye to which of its ticks would do nothing. */
  private async run({ process, view }: Program, daemon: Daemon, idleness: DaemonIdleness): Promise<void> {
    while (this.machine.on && process.alive) {
      const begun = view.now();
      const action = await daemon.tick();
      const rest = Math.max(0, TICK_MS - (view.now() - begun));
      await (rest === TICK_MS && idleness.wouldRepeat(action) ? view.skip(TICK_MS) : view.pause(rest));
    }
  }
}
