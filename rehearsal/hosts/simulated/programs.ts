import { drain } from "../../../host-config/actions-runner-pool/agent/drain";
import type { HelperUnits } from "../../../host-config/actions-runner-pool/agent/ports/helper-units";
import type { Host } from "../../../host-config/actions-runner-pool/agent/ports/host";
import { hostPorts } from "./host-ports";
import type { SimulatedMachine } from "./machine";
import { Killed, type Process } from "./process";
import type { View } from "./view";

/** Milliseconds until a program of the agent's does anything. */
const PROCESS_START = 113;

/** One process of the agent, what it sees and what it can reach. */
export interface Program {
  process: Process;
  view: View;
  host: Host;
}

/** Runs the agent's own decision code on a simulated host, each program in a process of its own that may be killed. */
export class Programs {
  private drains: Process[] = [];

  constructor(
    private readonly machine: SimulatedMachine,
    private readonly helpers: HelperUnits,
  ) {}

  /** One that goes on until it is killed. */
  start(): Program {
    const [process, view] = this.machine.processes.start();
    return { process, view, host: hostPorts(this.machine, this.helpers, process, view) };
  }

  async run<T>(work: (host: Host) => Promise<T>): Promise<T> {
    const { process, host } = this.start();
    try {
      return await work(host);
    } finally {
      this.machine.processes.kill(process);
    }
  }

  /** Rejects with Killed where `killDrain`, or the power, ends it early. */
  async drain(): Promise<void> {
    const { process, host } = this.start();
    this.drains.push(process);
    try {
      await process.run(async () => {
        await process.sleep(PROCESS_START);
        return drain(this.machine.around.alterDrain?.(host) ?? host);
      });
    } catch (error) {
      if (!(error instanceof Killed)) this.machine.log().error("drain failed", { error: String(error) });
      throw error;
    } finally {
      this.drains = this.drains.filter((other) => other !== process);
      this.machine.processes.kill(process);
    }
  }

  /** SIGKILL to the drain that is under way, if any: systemd begins its second stop command. */
  killDrain(): void {
    this.drains.at(-1)?.kill();
  }
}
