import type { HostLogging } from "../../../contract/shared/host-setup";
import type { Log } from "../ports/log";

export interface ShipperHost {
  logs: HostLogging;
  region: string;
  instanceId: string;
  /** Units of the component whose journal is delivered. */
  units: readonly string[];
  /** Standard output of the listener; root's. */
  listenerLog: string;
  /** The job's user, as whom its runner's diagnostic logs are read. */
  user: string;
  /** Command line of the agent, without its command. */
  agent: readonly string[];
  log: Log;
  /** Counts a failure to deliver. */
  count(): Promise<void>;
}

/** The command of runner-logs.service. Runs until SIGTERM. */
export async function shipLogs(_host: ShipperHost): Promise<void> {}
