import { UsageError } from "../../cli/options";
import { type Availability, containersAvailable, systemdHostsAvailable } from "../hosts/systemd";
import type { MachineFeatures } from "../hosts/systemd/machine-features";
import type { RehearsalOptions } from "../rehearsal-options";

/**
 * Real machines or simulated ones. Which machines a stack needs decides it: containers ask more of the kernel than systemd does.
 *
 * @param say takes the line that says why `auto` simulates
 * @throws UsageError for `systemd` where they cannot run
 */
export function chooseHosts(
  wanted: RehearsalOptions["hosts"],
  features: MachineFeatures | undefined,
  say: (line: string) => void,
  available: (features: MachineFeatures | undefined) => Availability = machinesAvailable,
): "systemd" | "simulated" {
  if (wanted === "simulated") return wanted;
  const answer = available(features);
  if (answer.ok) return "systemd";
  if (wanted === "systemd") throw new UsageError(`--hosts systemd: ${answer.reason}`);
  say(`Simulated hosts, because ${answer.reason}.`);
  return "simulated";
}

function machinesAvailable(features: MachineFeatures | undefined): Availability {
  return features?.containers ? containersAvailable() : systemdHostsAvailable();
}
