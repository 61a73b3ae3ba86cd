import { Daemon } from "../../../host-config/actions-runner-pool/agent/daemon";
import type { SimulatedMachine } from "./machine";
import type { AgentProcess } from "./agent-process";
import type { Programs } from "./programs";
import { runDaemon } from "./skipping";

/** Milliseconds: `RestartSec=` of the agent's unit. */
const RESTART_DELAY = 1_000;

/** `runner-agent.service`: the agent's daemon, as systemd runs it. */
export class AgentService {
  private running: { process: AgentProcess; daemon: Daemon } | undefined;

  constructor(
    private readonly machine: SimulatedMachine,
    private readonly programs: Programs,
  ) {}

  start(): void {
    if (!this.machine.on || !this.machine.booted || this.running) return;
    const program = this.programs.start();
    const daemon = new Daemon(program.host);
    this.running = { process: program.process, daemon };
    void runDaemon(daemon, this.machine, program);
  }

  /** SIGKILL to the daemon; systemd restarts it after a second, unless `forGood`. */
  kill(forGood: boolean): void {
    const { clock, bootMs } = this.machine.environment;
    if (this.running) this.machine.processes.kill(this.running.process);
    this.running = undefined;
    if (!forGood) clock.after(RESTART_DELAY + ((bootMs ?? 0) % 1), () => this.start());
  }

  /** A job hook ran: a job of the runner has started or completed. */
  hint(): void {
    void this.running?.daemon.hint();
  }
}
