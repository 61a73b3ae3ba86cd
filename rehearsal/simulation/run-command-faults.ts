import type { Clock } from "../clock";
import type { HostDriver } from "../aws/host-driver";

/** Faults of Run Command. They may be changed while a simulation runs. */
export interface RunCommandFaults {
  /** Instances whose SSM agent is offline. */
  offline: Set<string>;
  /** Milliseconds from the call until the command reaches the host. */
  readonly delivery: { min: number; max: number };
  /** How many times a command is executed. */
  copies(instanceId: string): number;
}

/** Milliseconds between two deliveries of the same command. */
const COPY_AFTER = 2_000;

/** Hosts on which a command may be executed more than once. */
export function unreliable(hosts: Pick<HostDriver, "runCommand">, clock: Clock, faults: RunCommandFaults): Pick<HostDriver, "runCommand"> {
  return {
    async runCommand(instanceId, commands) {
      for (let copy = faults.copies(instanceId); copy > 1; copy--) {
        clock.after((copy - 1) * COPY_AFTER, () => void hosts.runCommand(instanceId, commands).catch(() => undefined));
      }
      return hosts.runCommand(instanceId, commands);
    },
  };
}
