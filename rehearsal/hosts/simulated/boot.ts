import type { HostConfig } from "../../../contract/actions-runner-pool/host";
import { reap } from "../../../host-config/actions-runner-pool/agent/reap";
import { AgentService } from "./agent";
import { HelperServices } from "./helpers";
import { SimulatedMachine } from "./machine";
import { Programs } from "./programs";
import type { SimulatedRunner } from "./runner";
import type { Disk, SimulatedHostEnvironment } from "./environment";
import type { SimulatedUnit } from "./unit";

/** Milliseconds of boot, and of installation on the first one, before the agent starts. */
const BOOT = 8_000;

/**
 * One instance from power-on to power-off. It runs the agent's own decision code: daemon, drain, completion and
 * heartbeat are the functions of a real host; systemd, the runner and the network are models.
 */
export class Boot {
  readonly unit: SimulatedUnit;
  private readonly machine: SimulatedMachine;
  private readonly programs: Programs;
  private readonly helpers: HelperServices;
  private readonly agent: AgentService;

  constructor(instanceId: string, config: HostConfig, disk: Disk, environment: SimulatedHostEnvironment) {
    const machine = (this.machine = new SimulatedMachine(instanceId, config, disk, environment));
    const helpers = (this.helpers = new HelperServices(machine, (work, started) => this.programs.run(work, started)));
    const programs = (this.programs = new Programs(machine, helpers));
    this.agent = new AgentService(machine, programs);
    machine.notifyInputsChanged = () => helpers.inputsChanged();
    machine.hint = () => this.agent.hint();
    this.unit = machine.unit;
    this.unit.commands = {
      reap: () => programs.run(reap),
      drain: environment.drain ? () => programs.drain() : undefined,
      longestStop: config.drainDeadline,
      forced: () => machine.forced.set,
      startCompletion: () => helpers.startCompletion(),
    };
    environment.clock.after(environment.bootMs ?? BOOT, () => this.begin());
  }

  powerOff(): void {
    this.machine.on = false;
    this.machine.processes.killAll();
    this.helpers.powerOff();
    this.unit.powerOff();
  }

  /** Must be called right before an input of the agent changes. */
  inputsChanged(): void {
    this.machine.inputsChanged();
  }

  /** The runner's processes, for fault injection. Undefined before the registration. */
  get processes(): Pick<SimulatedRunner, "crash" | "hang" | "listener" | "workers"> | undefined {
    return this.machine.runner;
  }

  /** SIGKILL to the agent's daemon; systemd restarts it after a second, unless `forGood`. */
  killAgent(forGood = false): void {
    this.agent.kill(forGood);
  }

  /** Fills the disk, or empties it. */
  fillDisk(full: boolean): void {
    this.machine.fillDisk(full);
  }

  /** SIGKILL to the running completion, if any; systemd restarts it after 10 s. */
  killCompletion(): void {
    this.helpers.killCompletion();
  }

  /** SIGKILL to the running drain, if any: systemd then runs its second stop command. */
  killDrain(): void {
    this.programs.killDrain();
  }

  /** Sets the host's wall clock forwards or backwards. */
  jumpClock(ms: number): void {
    this.inputsChanged();
    this.machine.skew += ms;
  }

  private begin(): void {
    if (!this.machine.on) return;
    this.machine.booted = true;
    this.agent.start();
    this.helpers.startTimer();
  }
}
