import type { Daemon } from "../../../host-config/actions-runner-pool/agent/daemon";
import { FakeHost } from "./fake-host";

/** Runs ticks one second apart; the background work of each tick finishes before the next. */
export async function ticks(host: FakeHost, daemon: Daemon, count: number): Promise<string[]> {
  const actions: string[] = [];
  for (let n = 0; n < count; n++) {
    actions.push(await daemon.tick());
    await daemon.settled();
    host.advance(1_000);
  }
  return actions;
}

/** An instance in Pending:Wait: the runner is not registered and has not started. */
export function launching(): FakeHost {
  const host = new FakeHost();
  Object.assign(host, { active: "inactive", everStarted: false, mainAlive: false, isRegistered: false, state: "Pending:Wait" });
  host.seen = { workers: 0 };
  return host;
}
