import type { Clock } from "../../clock";
import { AgentProcess } from "./agent-process";
import { type Inputs, View } from "./view";

/** The agent's processes on one host, each with its own view of it. */
export class AgentProcesses {
  private readonly running = new Map<AgentProcess, View>();
  /** Counts changes of what they look at. */
  private changes = 0;

  constructor(
    private readonly clock: Clock,
    /** Everything that they look at, as it is now. */
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

  /** Something that they look at changes in this moment. */
  inputsChanged(): void {
    this.changes++;
    for (const view of this.running.values()) view.inputsChanged();
  }
}
