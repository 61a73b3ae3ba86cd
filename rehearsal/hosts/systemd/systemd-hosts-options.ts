import type { Clock } from "../../clock";
import type { Timeline } from "../../timeline";
import type { MachineNetwork } from "../network";
import type { MachineFeatures } from "./machine-features";
import type { Run } from "./run-record";

export interface SystemdHostsOptions {
  run: Run;
  /** Root file system from `machineImage()`, or several that are assigned to new machines round-robin. */
  image: string | readonly string[];
  network: MachineNetwork;
  /** What AWS's and GitHub's host names resolve to inside. */
  gatewayAddress: string;
  /** Names that machines can resolve; called at each launch. */
  hostnames: () => readonly string[];
  /** Names that machines resolve to an address that never answers; called at each launch. */
  unreachable?: () => readonly string[];
  /** Names that machines resolve to other addresses. */
  otherNames?: readonly { name: string; address: string }[];
  /** CA certificate (PEM) that machines trust besides Debian's. */
  caFile: string;
  timeline: Timeline;
  /** Real machines run on real time. */
  clock: Clock;
  /** Seconds that an orderly power-off may take before the power is cut. Default 30. */
  stopGraceSeconds?: number;
  /** The same at termination. Default 5: EC2 cuts the power of an instance that does not shut down in time. */
  terminateGraceSeconds?: number;
  /** Seconds that `runCommand` may take. Default 3600, as SSM's executionTimeout. */
  commandLimitSeconds?: number;
  /** What machines get besides the usual. */
  features?: MachineFeatures;
  /** Changes each new disk before its first boot, below `root`, as a custom image would. */
  customize?: (root: string) => void;
  /** Called when a machine powers off unexpectedly. */
  onUnexpectedEnd?: (instanceId: string) => void;
}
