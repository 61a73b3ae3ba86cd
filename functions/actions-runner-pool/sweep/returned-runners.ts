import { restsInPool } from "../../../contract/aws/lifecycle";
import { METRIC } from "../../../contract/actions-runner-pool/metrics";
import { RESERVE } from "../../shared/github/reserve";
import type { Runner } from "../../shared/github/runners";
import type { Observer } from "../../shared/lambda/observer";
import { removeReturnedRunner } from "../shared/returned-runner";
import { attempt } from "./attempt";
import type { GroupHistory } from "./history";
import type { Member, SweepPorts } from "./ports";

/** How long after its instance's return a runner may still be shown as in use, in ms; as AFTERLIFE_MS in orphan-runners.ts. */
const AFTERLIFE_MS = 15 * 60_000;

/**
 * Removes runners of instances that have returned to the warm pool, where the event of the return was lost or came while
 * GitHub still showed them as in use. No host uses them: each registers a new one at its next launch. One that is still in
 * use 15 minutes later runs elsewhere, with credentials that a job has stolen.
 */
export async function sweepReturnedRunners(
  members: readonly Member[],
  runners: readonly Runner[],
  ports: SweepPorts,
  history: GroupHistory,
  observer: Observer,
  signal: AbortSignal,
): Promise<void> {
  const { log } = observer;
  const resting = new Set(members.filter(({ lifecycleState }) => restsInPool(lifecycleState)).map(({ instanceId }) => instanceId));
  const left = runners.filter(({ name }) => resting.has(name));
  ports.uses.keepOnly(left.map(({ id }) => String(id)));
  for (const { id, name: instanceId } of left) {
    signal.throwIfAborted();
    if (ports.gitHub().remainingQuota() < RESERVE.removal) {
      log.warn(
        "sweep: runners of returned instances are left to a later sweep; the rest of GitHub's hourly quota is reserved for launches",
      );
      return;
    }
    await attempt("removing the runner of a returned instance", { instanceId }, observer, async () => {
      // The list may be a minute old, and the instance may have registered anew since.
      const runner = await ports.gitHub().get(id, signal);
      if (!runner) return;
      const used = runner.online || runner.busy;
      if (used && !(await isLongBack(runner, ports, history))) return;
      const outcome = await removeReturnedRunner(runner, ports);
      if (outcome === "not in the pool") return;
      if (used) return reportImpostor(instanceId, outcome, observer);
      log.info("sweep: runner of a returned instance removed", { instanceId, outcome });
    });
  }
}

/**
 * By the history, or if it does not show the return, which AWS does not document, by the time since a sweep first found the
 * runner in use. A registration after a launch in between has another id, so it is measured anew.
 */
async function isLongBack(
  { id, name }: Runner,
  { clock, uses }: Pick<SweepPorts, "clock" | "uses">,
  history: GroupHistory,
): Promise<boolean> {
  const measured = uses.continued(String(id), clock.now());
  const latest = await history.latest(name);
  if (latest === undefined || latest.launch) return measured > AFTERLIFE_MS;
  return latest.endedAt !== undefined && clock.now() - latest.endedAt.getTime() > AFTERLIFE_MS;
}

function reportImpostor(instanceId: string, outcome: "deleted" | "busy" | "gone", { log, count }: Observer): void {
  log.error(
    "sweep: runner is in use although its instance has been back in the warm pool for more than 15 minutes: its credentials are stolen",
    {
      instanceId,
      outcome,
    },
  );
  count(METRIC.impostorRunners);
}
