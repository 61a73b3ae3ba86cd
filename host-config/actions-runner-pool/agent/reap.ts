/**
 * The reap: makes the unit ready for a new listener. An earlier listener may have crashed and left its worker, or itself,
 * behind (KillMode=process). Two listeners would compete for one session, and killing a worker would lose its job.
 *
 * Unit: actions-runner.service, as ExecStartPre=, as root in the unit's cgroup. So it runs before every start of the
 * listener: at the first start, at a restart by systemd after a crash, at a start by an operator.
 *
 * Life cycle: refuse the start if the completion has set the departure mark, or if the instance returns to the warm pool; clear the mark of an earlier forced stop, but
 * not that it is to be counted; lower the fence; drain what is left (drain.ts); kill the rest until nothing is left (10 s at
 * most), after an update of the runner has ended (30 s at most), and what jobs left in their user's slice (10 s at most),
 * except at the first start since boot; lower the fence once more; end the process that reads the runner's diagnostic logs as that user,
 * which starts anew; have the engine of jobs begin anew. Then main.ts empties a listener's log that a job has made long.
 *
 * Fallback: signs that cannot be read count as a job that was left behind, which the drain waits for.
 *
 * Failure: the start of the unit fails, and systemd tries it again after 10 s, without a limit. On a terminating instance
 * each start fails; that is intended. So does a start beside processes of an earlier job that cannot be killed.
 *
 * Killed: SIGTERM, SIGINT and SIGHUP are ignored. SIGKILL counts as a failure. In the milliseconds in which the unit may not
 * fork (leftovers.ts) SIGKILL leaves that limit behind; systemd forgets it once the cgroup is empty.
 *
 * AWS and the metadata: never called. Without a readable configuration the deadline is 48 h.
 *
 * Bounds: the drain's deadline. systemd's own, TimeoutStartSec=, is infinity, because a reap takes as long as a job.
 *
 * Gotchas: the fence comes down before the wait, or an orphaned worker could not report its job. The completion
 * sets its mark before it checks the unit, and the reap reads the mark while the unit is already starting: keep both.
 * test/proofs/exploration/mutants.ts replaces exact lines of this file.
 */
import type { Host } from "./ports/host";
import { drain, readSigns, type DrainHost } from "./drain";

export type ReapHost = Pick<
  Host,
  "config" | "clock" | "log" | "unit" | "signs" | "forcedStop" | "departure" | "returning" | "engine" | "hostLogs" | "jobMark"
>;

/**
 * Rejects on an instance that is terminating or returns to the warm pool, where a job accepted now would be lost. Otherwise leaves no other process in the
 * unit's cgroup, none of the runner's outside of it, the fence down and the mark of an earlier forced stop cleared.
 *
 * @param wait drains processes that were left behind
 */
export async function reap(host: ReapHost, wait: (host: DrainHost) => Promise<unknown> = drain): Promise<void> {
  if (await host.departure.isSet()) throw new Error("the instance is terminating, so no listener may start on it");
  if (await host.returning.isSet()) throw new Error("the instance returns to the warm pool, so no listener may start on it");
  await host.forcedStop.clear();
  // A killed drain may have left its fence up, behind which an orphaned worker cannot report its job.
  await host.unit.lowerFence();
  const { listener, workers } = await readSigns(host);
  if (listener !== undefined || workers > 0) {
    host.log.warn("an earlier listener left processes behind, waiting for them", { listener, workers });
    await wait(host);
    await host.forcedStop.clear();
  }
  const alone = await host.unit.killLeftovers();
  if (!alone) throw new Error("processes of an earlier job survive SIGKILL, and the next job would run beside them");
  await host.unit.lowerFence();
  // Has the uid of jobs, in a unit of its own: one of them may have taken it over.
  await host.hostLogs.endReader();
  await host.engine.settle();
}
