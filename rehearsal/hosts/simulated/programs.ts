import type { Program } from "./program";
import type { DrainHost, DrainResult } from "../../../host-config/actions-runner-pool/agent/drain";
import type { HelperUnits } from "../../../host-config/actions-runner-pool/agent/ports/helper-units";
import type { Host } from "../../../host-config/actions-runner-pool/agent/ports/host";
import { hostPorts } from "./host-ports";
import type { SimulatedMachine } from "./machine";
import { Killed, type AgentProcess } from "./agent-process";
import { runDrain } from "./skipping";

/** Milliseconds that a program of the agent takes to start. */
const PROCESS_START = 113;

/** Runs the agent's own decision code on a simulated host; each program has its own process, which may be killed. */
export class Programs {
  private drains: AgentProcess[] = [];

  constructor(
    private readonly machine: SimulatedMachine,
    private readonly helpers: HelperUnits,
  ) {}

  /** Starts a process that runs until it is killed. */
  start(): Program {
    const [process, view] = this.machine.processes.start();
    return { process, view, host: hostPorts(this.machine, this.helpers, process, view) };
  }

  /**
   * @param work gets the ports and the function that drains
   * @param started gets the process, which may then be killed: `run` rejects with Killed
   */
  async run<T>(
    work: (host: Host, drain: (host: DrainHost) => Promise<DrainResult>) => Promise<T>,
    started?: (process: AgentProcess) => void,
  ): Promise<T> {
    const program = this.start();
    const { process, host } = program;
    const begin = () => work(host, (drained) => runDrain(drained, this.machine, program));
    started?.(process);
    try {
      return await (started ? process.run(begin) : begin());
    } finally {
      this.machine.processes.kill(program.process);
    }
  }

  /** Rejects with Killed if `killDrain` or a power loss ends it early. */
  async drain(): Promise<void> {
    const program = this.start();
    const { process, host } = program;
    this.drains.push(process);
    try {
      await process.run(async () => {
        await process.sleep(PROCESS_START);
        return runDrain(this.machine.environment.alterDrain?.(host) ?? host, this.machine, program);
      });
    } catch (error) {
      if (!(error instanceof Killed)) this.machine.log().error("drain failed", { error: String(error) });
      throw error;
    } finally {
      this.drains = this.drains.filter((other) => other !== process);
      this.machine.processes.kill(process);
    }
  }

  /** SIGKILL to the running drain, if any: systemd then runs its second stop command. */
  killDrain(): void {
    this.drains.at(-1)?.kill();
  }
}
