import type { Host } from "../../../host-config/actions-runner-pool/agent/ports/host";
import type { Clock } from "../../clock";
import type { GitHub } from "../../github";
import type { Timeline } from "../../timeline";
import type { RunnerTiming } from "./runner-timing";
import type { InstanceCall } from "./aws-clients";

/** What one simulated host lives in. */
export interface SimulatedHostEnvironment {
  clock: Clock;
  timeline: Timeline;
  github: GitHub;
  /** False: the control experiment, a unit without ExecStop. */
  drain: boolean;
  /** A call with the credentials of this instance. */
  call: InstanceCall;
  /** Instance metadata below `meta-data/`; undefined for a 404. Throws, or rejects, where it does not answer well. */
  metadata(path: string): string | undefined | Promise<string | undefined>;
  /** How fast the runner is; may change at any time. */
  timing?: RunnerTiming;
  /** Milliseconds of boot; hosts that look at different moments of a second do not march in step. */
  bootMs?: number;
  /** Milliseconds that a call to AWS takes. */
  callMs?(): number;
  /**
   * True: looks that would find what the last one found are left out. The owner must then call `inputsChanged` whenever the
   * metadata changes, and may say for how long it does not answer as usual, when nothing is left out.
   */
  skipIdle?: { metadataSteady(): boolean };
  /** As in RunnerEnvironment. */
  renewOnDemand?: boolean;
  /** For tests that must catch a drain which does less than it should: what the drain gets instead of its ports. */
  alterDrain?(host: Host): Host;
}

/** What survives a power-off: the registration. */
export interface Disk {
  runnerId?: number;
}
