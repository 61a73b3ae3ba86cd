import type { Host } from "../../../host-config/actions-runner-pool/agent/ports/host";
import type { Clock } from "../../clock";
import type { GitHub } from "../../github";
import type { Timeline } from "../../timeline";
import type { RunnerTiming } from "./runner-timing";
import type { InstanceCall } from "./aws-clients";

/** The environment of one simulated host. */
export interface SimulatedHostEnvironment {
  clock: Clock;
  timeline: Timeline;
  github: GitHub;
  /** False: the control experiment, a unit without ExecStop. */
  drain: boolean;
  /** A call with the credentials of this instance. */
  call: InstanceCall;
  /** Instance metadata below `meta-data/`; undefined for a 404. Throws or rejects on any other failure. */
  metadata(path: string): string | undefined | Promise<string | undefined>;
  /** The image leaves no free space. */
  fullImage?: boolean;
  /** Durations of the runner's steps; may change at any time. */
  timing?: RunnerTiming;
  /** Milliseconds of boot; a different fraction of a second on each host keeps their polls out of step. */
  bootMs?: number;
  /** Returns the milliseconds that a call to AWS takes. */
  callMs?(): number;
  /**
   * If set, polls whose inputs have not changed since the last one are skipped. The owner must then call `inputsChanged`
   * whenever the metadata changes. While `metadataSteady` returns false (an outage), no poll of the metadata is skipped.
   */
  skipIdle?: { metadataSteady(): boolean };
  /** As in RunnerEnvironment. */
  renewOnDemand?: boolean;
  /** Replaces the drain's ports, for tests that must detect a broken drain. */
  alterDrain?(host: Host): Host;
}

/** What survives a power-off: the registration, what fills the disk, the agent's marks there, and what jobs left. */
export interface Disk {
  runnerId?: number;
  full?: boolean;
  served?: boolean;
  returning?: boolean;
  /** The installation kept no copy of the runner, or it cannot be restored. */
  unrenewable?: boolean;
}
