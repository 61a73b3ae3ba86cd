import type { HostClock } from "../../../../host-config/shared/ports/clock";
import type { Log } from "../../../../host-config/shared/ports/log";

/** Time passes only by sleeping. */
export class VirtualHostClock implements HostClock {
  private time = 0;
  now = () => this.time;
  sleep = async (ms: number) => void (this.time += ms);
}

export class SilentLog implements Log {
  info = () => undefined;
  warn = () => undefined;
  error = () => undefined;
}
