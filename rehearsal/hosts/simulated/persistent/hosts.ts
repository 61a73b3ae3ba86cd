import type { CommandResult, HostDriver, LaunchSpec } from "../../../aws/host-driver";
import type { Clock } from "../../../clock";
import type { GitHub } from "../../../github";
import type { Timeline } from "../../../timeline";
import type { InstanceCall } from "../aws-clients";
import { PersistentBoot } from "./boot";
import type { PersistentDisk } from "./disk";
import { type FirstDayFacts, factsOf } from "./first-day";

export interface PersistentHostsOptions {
  clock: Clock;
  timeline: Timeline;
  github: GitHub;
  /** A call with the credentials of that instance. */
  call(instanceId: string): InstanceCall;
  /** A machine has switched itself off. */
  poweredOff(instanceId: string): void;
}

interface SimulatedInstance {
  facts: FirstDayFacts;
  disk: PersistentDisk;
  boot?: PersistentBoot;
}

/**
 * Machines that sleep between runs, without machines: the agent's decision code on models of systemd, the disk and the runner, on the
 * rehearsal's clock. What the shell scripts do is modelled too: the user data is read for its facts, not executed.
 */
export class SimulatedPersistentHosts implements HostDriver {
  private readonly machines = new Map<string, SimulatedInstance>();
  private readonly consoles = new Map<string, string[]>();

  constructor(private readonly options: PersistentHostsOptions) {}

  async launch({ instanceId, userData }: LaunchSpec): Promise<void> {
    this.machines.set(instanceId, { facts: factsOf(userData), disk: { kept: new Map(), builds: 0 } });
    this.consoles.set(instanceId, []);
    await this.start(instanceId);
  }

  async start(instanceId: string): Promise<void> {
    const machine = this.machine(instanceId);
    if (machine.boot) return;
    const { clock, timeline, github } = this.options;
    const boot = new PersistentBoot({
      instanceId,
      facts: machine.facts,
      disk: machine.disk,
      clock,
      timeline,
      github,
      call: this.options.call(instanceId),
      print: (line) => void this.consoles.get(instanceId)?.push(line),
      off: () => {
        if (machine.boot !== boot) return;
        machine.boot = undefined;
        this.options.poweredOff(instanceId);
      },
    });
    machine.boot = boot;
    boot.begin();
  }

  async stop(instanceId: string): Promise<void> {
    const machine = this.machine(instanceId);
    machine.boot?.cutPower();
    machine.boot = undefined;
  }

  hibernate(instanceId: string): Promise<void> {
    return Promise.reject(new Error(`${instanceId}: a persistent machine does not hibernate`));
  }

  resume(instanceId: string): Promise<void> {
    return this.hibernate(instanceId);
  }

  async terminate(instanceId: string): Promise<void> {
    this.machines.get(instanceId)?.boot?.cutPower();
    this.machines.delete(instanceId);
  }

  async runCommand(instanceId: string, commands: string[]): Promise<CommandResult> {
    this.machine(instanceId);
    return { exitCode: 127, stdout: "", stderr: `a simulated host cannot run: ${commands.join("; ")}` };
  }

  console(instanceId: string): string {
    return (this.consoles.get(instanceId) ?? []).join("\n");
  }

  async close(): Promise<void> {
    for (const instanceId of [...this.machines.keys()]) await this.terminate(instanceId);
  }

  private machine(instanceId: string): SimulatedInstance {
    const machine = this.machines.get(instanceId);
    if (!machine) throw new Error(`no such machine: ${instanceId}`);
    return machine;
  }
}
