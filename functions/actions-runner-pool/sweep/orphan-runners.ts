import { METRIC } from "../../../contract/actions-runner-pool/metrics";
import { RESERVE } from "../../shared/github/reserve";
import type { Runner } from "../../shared/github/runners";
import type { Observer } from "../../shared/lambda/observer";
import type { GroupHistory } from "./history";
import { attempt } from "./attempt";
import type { SweepPorts } from "./ports";

/**
 * Removes runners whose instance is gone, out of those that bear an instance's name.
 *
 * An organization's list holds the runners of other pools, other accounts and of people, so a runner must be proven
 * ours before it is removed. Its name (an instance id) proves nothing: any pool names its runners so. A label would
 * prove little: the cordon takes labels off, anybody may set them, and pools in two accounts may bear the same name.
 * The proof is this group's own activity history: it says that this very group terminated this very instance, and an
 * instance id is never used twice. What has no such entry is left alone.
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
    if (ports.gitHub().spare() < RESERVE.removal) {
      log.warn("sweep: the other runners are left to a later sweep; GitHub's calls of this hour are kept for launches");
      break;
    }
    await attempt("removing a runner", { instanceId: runner.name }, observer, async () => {
      // Asked whatever the list says of "busy", which may be a minute old: GitHub refuses by what is true now.
      const outcome = await ports.gitHub().remove(runner.id, signal);
      if (outcome === "busy") {
        // GitHub gives such a job up after some ten minutes; a later sweep finds the runner idle.
        log.error("sweep: instance is gone, but GitHub still counts a job on its runner: that job is lost", { instanceId: runner.name });
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
  // How AWS words the end of a termination that led to retention is not documented: a listed instance is not gone.
  const listed = await ports.lifecycleStates(terminated.map(({ name }) => name));
  return terminated.filter(({ name }) => !listed.has(name));
}
