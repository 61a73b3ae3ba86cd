/**
 * Before a listener starts (`ExecStartPre=`): an earlier one may have crashed and left its worker, or itself, behind
 * (KillMode=process). Two listeners would contend for one session, and a worker that is killed is a lost job.
 */
import type { Host } from "./ports/host";
import { drain, type DrainHost } from "./drain";

export type ReapHost = Pick<Host, "config" | "clock" | "log" | "unit" | "signs" | "forcedStop" | "departure">;

/**
 * Rejects on an instance that is being let go: a job that a listener took now would end with it.
 * Leaves the unit's cgroup empty, its fence down and the mark of an earlier forced stop cleared.
 *
 * @param wait how what was left behind is drained.
 */
export async function reap(host: ReapHost, wait: (host: DrainHost) => Promise<unknown> = drain): Promise<void> {
  if (await host.departure.isSet()) throw new Error("the instance is being let go, so no listener starts on it any more");
  await host.forcedStop.clear();
  // A drain that was killed may have left its fence up, and with it an orphaned worker could not report its job.
  await host.unit.lowerFence();
  const { listener, workers } = await host.signs.read();
  if (listener !== undefined || workers > 0) {
    host.log.warn("an earlier listener left processes behind, waiting for them", { listener, workers });
    await wait(host);
    await host.forcedStop.clear();
  }
  await host.unit.killLeftovers();
  await host.unit.lowerFence();
}
