import type { HostSetup } from "../../../contract/shared/host-setup";
import type { HostClock } from "../ports/clock";
import type { Engine } from "../ports/engine";
import type { Log } from "../ports/log";

export function engine(_setup: HostSetup, _clock: HostClock, _log: Log): Engine {
  return { settle: async () => undefined, reset: async () => undefined };
}
