import type { Clock } from "../../clock";
import { AgentProcess } from "./agent-process";
import { type Inputs, View } from "./view";

/** The agent's processes on one host, each with its own view of it. */
export class AgentProcesses {
  private readonly running = new Map<AgentProcess, View>();
  /** Number of changes of their inputs. */
  private changes = 0;

  constructor(
    private readonly clock: Clock,
    /** Returns their current inputs. */
    private readonly read: () => Inputs,
  ) {}

  get version(): number {
    return this.changes;
  }

  start(): [AgentProcess, View] {
    const process = new AgentProcess(this.clock);
    const view = new View(this.clock, this.read, process);
    this.running.set(process, view);
    return [process, view];
  }

  kill(process: AgentProcess): void {
    process.kill();
    this.running.get(process)?.end();
    this.running.delete(process);
  }

  killAll(): void {
    for (const process of [...this.running.keys()]) this.kill(process);
  }

  /** Must be called right before an input changes. */
  inputsChanged(): void {
    this.changes++;
    for (const view of this.running.values()) view.inputsChanged();
  }
}
