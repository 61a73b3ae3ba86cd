import { dirname, join } from "node:path";
import type { AwsStandIn } from "../aws";
import type { Clock } from "../clock";
import { type MachineProxy, type OpenedHosts, openSystemdHosts, type Run } from "../hosts/systemd";
import type { MachineFeatures } from "../hosts/systemd/machine-features";
import { type RunnerArchive, unpackRunnerArchive } from "../runner/archive";
import type { Timeline } from "../timeline";
import type { MachineNames } from "./hostnames";
import type { ScenarioRequirements } from "./scenario";

export interface SystemdMachineOptions {
  aws: AwsStandIn;
  clock: Clock;
  timeline: Timeline;
  run: Run;
  /** Root file systems from `machineImage()`, which are assigned to new machines round-robin. */
  images: readonly string[];
  features?: MachineFeatures;
  /** Host names of GitHub's and AWS's services, as production code calls them. */
  names: () => MachineNames;
  /** The runner's archive, for machines that have the runner on their image. */
  runnerArchive: RunnerArchive;
  required: ScenarioRequirements;
  proxy?: MachineProxy;
  say: (line: string) => void;
}

export async function systemdMachines(options: SystemdMachineOptions): Promise<OpenedHosts> {
  const { aws, run, images, features, clock, timeline, names, required, proxy, say } = options;
  return openSystemdHosts({
    run,
    image: images,
    clock,
    timeline,
    socket: aws.front.socketPath,
    certificatesDir: dirname(aws.front.caFile),
    hostnames: () => names().reached,
    unreachable: () => names().unreachable,
    proxy,
    features,
    progress: say,
    onGatewayDeath: (reason) => say(`the machines' network gateway failed: ${reason}`),
    onUnexpectedEnd: (instanceId) => {
      // A machine of its own switches itself off after its work.
      if (aws.fleet.get(instanceId)?.own) aws.power.poweredOff(instanceId);
      else say(`machine ${instanceId} powered off unexpectedly`);
    },
    customize: (root) => {
      required.customize?.(root);
      if (required.runnerOnImage !== undefined) unpackRunnerArchive(options.runnerArchive, join(root, required.runnerOnImage));
    },
  });
}
