import { type HostConfig, PATHS } from "../../../contract/actions-runner-pool/host";
import type { CommandResult, HostDriver, LaunchSpec } from "../../aws/host-driver";
import { Boot } from "./boot";
import type { Disk, SimulatedHostEnvironment } from "./environment";

interface SimulatedInstance {
  config: HostConfig;
  disk: Disk;
  boot?: Boot;
}

/**
 * Instances without machines, for use without root: the agent's decision code on models of systemd and the runner, on
 * the rehearsal's clock. The user data is read for its configuration, not executed.
 */
export class SimulatedHosts implements HostDriver {
  private readonly machines = new Map<string, SimulatedInstance>();

  /** @param environment returns the environment of a host, given its instance id. */
  constructor(private readonly environment: (instanceId: string) => SimulatedHostEnvironment) {}

  async launch(spec: LaunchSpec): Promise<void> {
    this.machines.set(spec.instanceId, { config: configOf(spec.userData), disk: { full: this.environment(spec.instanceId).fullImage } });
    await this.start(spec.instanceId);
  }

  async start(instanceId: string): Promise<void> {
    const machine = this.machine(instanceId);
    machine.boot ??= new Boot(instanceId, machine.config, machine.disk, this.environment(instanceId));
  }

  /** The current boot, for fault injection; undefined while the machine is off or terminated. */
  running(instanceId: string): Boot | undefined {
    return this.machines.get(instanceId)?.boot;
  }

  /** Must be called right before the metadata of one instance, or of all, changes. */
  inputsChanged(instanceId?: string): void {
    if (instanceId !== undefined) this.running(instanceId)?.inputsChanged();
    else for (const { boot } of this.machines.values()) boot?.inputsChanged();
  }

  /** Keeps a machine from being renewed when it returns to the warm pool, or allows it again. */
  spoilRenewal(instanceId: string, spoilt: boolean): void {
    this.machine(instanceId).disk.unrenewable = spoilt;
  }

  /** Power failure without any orderly stop; the power returns after `offMs`. */
  cutPower(instanceId: string, offMs: number): void {
    const machine = this.machine(instanceId);
    if (!machine.boot) return;
    machine.boot.powerOff();
    machine.boot = undefined;
    this.environment(instanceId).clock.after(offMs, () => {
      if (this.machines.get(instanceId) === machine && !machine.boot) void this.start(instanceId);
    });
  }

  async stop(instanceId: string): Promise<void> {
    const machine = this.machine(instanceId);
    machine.boot?.powerOff();
    machine.boot = undefined;
  }

  /** Same as a stop: the memory that hibernation preserves makes no difference to a host of the pool. */
  hibernate(instanceId: string): Promise<void> {
    return this.stop(instanceId);
  }

  resume(instanceId: string): Promise<void> {
    return this.start(instanceId);
  }

  async terminate(instanceId: string): Promise<void> {
    this.machines.get(instanceId)?.boot?.powerOff();
    this.machines.delete(instanceId);
  }

  /** Supports only the command of the pool's SSM document. */
  async runCommand(instanceId: string, commands: string[]): Promise<CommandResult> {
    const { boot } = this.machine(instanceId);
    if (!boot) throw new Error(`${instanceId} is powered off`);
    for (const command of commands) {
      if (!/^systemctl stop --no-block actions-runner\.service$/.test(command.trim())) {
        return { exitCode: 127, stdout: "", stderr: `a simulated host cannot run: ${command}` };
      }
      void boot.unit.stop();
    }
    return { exitCode: 0, stdout: "", stderr: "" };
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

/** The configuration that the user data would write to PATHS.config: a single line of JSON. */
function configOf(userData: string): HostConfig {
  const line = userData.split("\n").find((text) => text.startsWith("{") && text.includes('"terminateHook"'));
  if (line === undefined) throw new Error(`the user data writes no ${PATHS.config}`);
  return JSON.parse(line) as HostConfig;
}
