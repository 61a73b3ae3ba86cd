import { METRIC } from "../../../contract/actions-runner-pool/metrics";
import { RESERVE } from "../../shared/github/reserve";
import type { Runner } from "../../shared/github/runners";
import type { Observer } from "../../shared/lambda/observer";
import type { GroupHistory } from "./history";
import { attempt } from "./attempt";
import type { SweepPorts } from "./ports";

/**
 * Removes offline runners whose instance is gone.
 *
 * An organization's list contains runners of other pools, other accounts and people, so a runner must be proven to belong
 * to this pool before it is removed. Its name (an instance id) proves nothing: every pool names its runners like that. A
 * label would prove little: the cordon removes labels, anyone can set them, and pools in two accounts may have the same
 * name. The proof is the group's own activity history: it records that this group terminated this instance, and instance
 * ids are never reused. A runner without such an entry is left alone.
 */
export async function sweepOrphanRunners(
  runners: readonly Runner[],
  ports: SweepPorts,
  history: GroupHistory,
  observer: Observer,
  signal: AbortSignal,
): Promise<void> {
  const { log, count } = observer;
  let removed = 0;
  for (const runner of await orphans(runners, ports, history, observer)) {
    signal.throwIfAborted();
    if (ports.gitHub().remainingQuota() < RESERVE.removal) {
      log.warn("sweep: the remaining runners are left to a later sweep; the rest of GitHub's hourly quota is reserved for launches");
      break;
    }
    await attempt("removing a runner", { instanceId: runner.name }, observer, async () => {
      // Called even if the list says `busy`, which may be a minute old: GitHub refuses by the current state.
      const outcome = await ports.gitHub().remove(runner.id, signal);
      if (outcome === "busy") {
        // GitHub fails such a job after about ten minutes; a later sweep then finds the runner idle.
        log.error("sweep: instance is gone, but GitHub still counts a job on its runner: the job is lost", { instanceId: runner.name });
        count(METRIC.busyAtTermination);
        return;
      }
      removed += 1;
      log.info("sweep: runner removed", { instanceId: runner.name, outcome });
    });
  }
  count(METRIC.orphanRunners, removed);
}

async function orphans(runners: readonly Runner[], ports: SweepPorts, history: GroupHistory, observer: Observer): Promise<Runner[]> {
  const terminated: Runner[] = [];
  for (const runner of runners.filter(({ online }) => !online)) {
    const termination = await attempt("reading the activity history", { instanceId: runner.name }, observer, () =>
      history.termination(runner.name),
    );
    if (termination?.finished) terminated.push(runner);
  }
  if (terminated.length === 0) return [];
  // AWS does not document the activity of a termination that ended in retention, so a listed instance is not gone.
  const listed = await ports.lifecycleStates(terminated.map(({ name }) => name));
  return terminated.filter(({ name }) => !listed.has(name));
}
