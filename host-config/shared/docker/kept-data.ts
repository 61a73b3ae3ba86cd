import type { HostSetup } from "../../../contract/shared/host-setup";
import type { Log } from "../ports/log";

/** The command before each start of the rootless engine: deletes what would have it start anything by itself. */
export async function deleteAllButCache(_setup: HostSetup, _log: Log): Promise<void> {}
