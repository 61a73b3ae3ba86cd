import type { Clock } from "../clock";
import type { HostDriver } from "../aws/host-driver";

/** What Run Command may do to a command. All may be changed while a simulation runs. */
export interface RunCommandFaults {
  /** Instances whose agent Systems Manager cannot reach. */
  offline: Set<string>;
  /** Milliseconds from the call to the host. */
  readonly delivery: { min: number; max: number };
  /** How often a command is carried out. */
  copies(instanceId: string): number;
}

/** Milliseconds between two deliveries of the same command. */
const COPY_AFTER = 2_000;

/** Hosts on which a command may be carried out more than once. */
export function unreliable(hosts: Pick<HostDriver, "runCommand">, clock: Clock, knobs: RunCommandFaults): Pick<HostDriver, "runCommand"> {
  return {
    async runCommand(instanceId, commands) {
      for (let copy = knobs.copies(instanceId); copy > 1; copy--) {
        clock.after((copy - 1) * COPY_AFTER, () => void hosts.runCommand(instanceId, commands).catch(() => undefined));
      }
      return hosts.runCommand(instanceId, commands);
    },
  };
}
