import { METRIC } from "../../../contract/actions-runner-pool/metrics";
import { RESERVE } from "../../shared/github/reserve";
import type { Runner } from "../../shared/github/runners";
import type { Observer } from "../../shared/lambda/observer";
import type { GroupHistory } from "./history";
import { endedMark, markedEnd } from "../shared/ended-mark";
import { attempt } from "./attempt";
import type { Member, SweepPorts } from "./ports";

/**
 * How long after its instance's end a runner may still be online or busy, in ms: GitHub fails the job of an unresponsive
 * runner after about ten minutes, and its lists may be a minute old. Whatever is in use after that runs elsewhere, with
 * credentials that a job has stolen.
 */
const AFTERLIFE_MS = 15 * 60_000;

interface Orphan {
  runner: Runner;
  /** End of its instance, in ms since the epoch. */
  endedAt: number;
  /** This pool has marked it already. */
  marked: boolean;
  /** The instance ended longer ago than AFTERLIFE_MS. */
  longGone: boolean;
}

/**
 * Removes runners whose instance is gone: offline ones at once, others after AFTERLIFE_MS. GitHub refuses to remove a
 * busy one, so its labels go at once: it receives no further job by them, and a later sweep finds it idle.
 *
 * An organization's list contains runners of other pools, other accounts and people, so a runner must be proven to belong
 * to this pool before it is removed. Its name (an instance id) proves nothing: every pool names its runners like that. A
 * label would prove little: the cordon removes labels, anyone can set them, and pools in two accounts may have the same
 * name. The proof is the group's own activity history: it records that this group terminated this instance, and instance
 * ids are never reused. A runner without such an entry is left alone. The history forgets sooner than a thief leaves, so
 * the first sweep or event that finds a runner in use after its instance's end marks it (ended-mark.ts). That an instance
 * does not exist in this account proves nothing: it may be one of another account, or of another Region.
 *
 * @param members undefined if the group could not be listed; then only offline runners are considered.
 */
export async function sweepOrphanRunners(
  runners: readonly Runner[],
  members: readonly Member[] | undefined,
  ports: SweepPorts,
  pool: string,
  history: GroupHistory,
  observer: Observer,
  signal: AbortSignal,
): Promise<void> {
  const { log, count } = observer;
  let removed = 0;
  for (const orphan of await orphans(candidates(runners, members), ports, pool, history, observer)) {
    signal.throwIfAborted();
    const { runner, longGone } = orphan;
    if (ports.gitHub().remainingQuota() < (runner.online ? RESERVE.impostor : RESERVE.removal)) {
      log.warn("sweep: the remaining runners are left to a later sweep; the rest of GitHub's hourly quota is reserved for launches");
      break;
    }
    await attempt("removing a runner", { instanceId: runner.name }, observer, async () => {
      if (runner.online && !longGone) return withdrawLabels(orphan, pool, ports, observer, signal);
      // Called even if the list says `busy`, which may be a minute old: GitHub refuses by the current state.
      const outcome = await ports.gitHub().remove(runner.id, signal);
      reportUse(orphan, outcome, observer);
      if (outcome === "busy") return withdrawLabels(orphan, pool, ports, observer, signal);
      removed += 1;
      log.info("sweep: runner removed", { instanceId: runner.name, outcome });
    });
  }
  count(METRIC.orphanRunners, removed);
}

function reportUse({ runner, longGone }: Orphan, outcome: "deleted" | "busy" | "gone", { log, count }: Observer): void {
  const instanceId = runner.name;
  if (longGone && (runner.online || outcome === "busy")) {
    log.error("sweep: runner is in use although its instance ended 15 minutes ago or earlier: its credentials are stolen", {
      instanceId,
      outcome,
    });
    count(METRIC.impostorRunners);
  } else if (outcome === "busy") {
    // GitHub fails such a job after about ten minutes; a later sweep then finds the runner idle.
    log.error("sweep: instance is gone, but GitHub still counts a job on its runner: the job is lost", { instanceId });
    count(METRIC.busyAtTermination);
  }
}

async function withdrawLabels(orphan: Orphan, pool: string, ports: SweepPorts, { log }: Observer, signal: AbortSignal): Promise<void> {
  const { runner, endedAt, longGone, marked } = orphan;
  // After a mass termination many cordoned runners are still shown as online: they would cost a call each.
  if (marked || (runner.labels.length === 0 && !longGone)) return;
  const outcome = await ports.gitHub().setCustomLabels(runner.id, [endedMark(pool, endedAt)], signal);
  log.info("sweep: the labels of a runner without an instance are removed", { instanceId: runner.name, outcome });
}

/** Online ones first: they may receive jobs. A runner of a member of this group needs no look into the history. */
function candidates(runners: readonly Runner[], members: readonly Member[] | undefined): Runner[] {
  const existing = new Set(members?.map(({ instanceId }) => instanceId));
  const online = members ? runners.filter((runner) => runner.online) : [];
  return [...online, ...runners.filter((runner) => !runner.online)].filter(({ name }) => !existing.has(name));
}

async function orphans(
  runners: readonly Runner[],
  ports: SweepPorts,
  pool: string,
  history: GroupHistory,
  observer: Observer,
): Promise<Orphan[]> {
  const terminated: Orphan[] = [];
  const add = (runner: Runner, endedAt: number, marked: boolean) =>
    terminated.push({ runner, endedAt, marked, longGone: ports.clock.now() - endedAt > AFTERLIFE_MS });
  for (const runner of runners) {
    const known = markedEnd(pool, runner.labels);
    if (known !== undefined) {
      add(runner, known, true);
      continue;
    }
    const inUse = runner.online || runner.busy;
    let termination = history.readTermination(runner.name, inUse);
    // Nearly all of an organization's runners belong to other pools: without a page to read nothing is waited for.
    if (termination === "unread") {
      termination = await attempt("reading the activity history", { instanceId: runner.name }, observer, () =>
        history.termination(runner.name, inUse),
      );
    }
    if (!termination?.finished) continue;
    add(runner, (termination.endedAt ?? termination.startedAt).getTime(), false);
  }
  if (terminated.length === 0) return [];
  // AWS does not document the activity of a termination that ended in retention, so a listed instance is not gone.
  const listed = await ports.lifecycleStates(terminated.map(({ runner }) => runner.name));
  return terminated.filter(({ runner }) => !listed.has(runner.name));
}
