import { METRIC } from "../../../contract/actions-runner-pool/metrics";
import { RESERVE } from "../../shared/github/reserve";
import type { Runner } from "../../shared/github/runners";
import type { Observer } from "../../shared/lambda/observer";
import type { GroupHistory } from "./history";
import { attempt } from "./attempt";
import type { Member, SweepPorts } from "./ports";

/** A host starts its runner seconds after it is in service, and GitHub's lists may be a minute old. */
const SETTLED_MS = 10 * 60_000;
/**
 * Bound on the calls that ask GitHub again, in each sweep: with ten pools 1,200 an hour. Pages shift when somebody
 * removes a runner meanwhile, so a listing may miss a few that are there; it does not miss more than these.
 */
const ASKED_AGAIN = 10;

/**
 * Counts instances in service that no job can reach, because GitHub shows no runner of their name online: it was
 * removed there, by somebody or after 14 days offline, or its host is broken. Auto Scaling takes such an instance for
 * healthy and keeps it until its lifetime is over.
 *
 * It only tells. A runner that is offline for a moment may have a job, which would die with its instance; and as one
 * sweep may meet such a moment, the alarm waits for a second one.
 *
 * Every sweep looks, not one in an hour: it lists the runners anyway, and asks for more only where something is wrong.
 */
export async function reportUnregistered(
  members: readonly Member[],
  runners: readonly Runner[],
  ports: SweepPorts,
  history: GroupHistory,
  observer: Observer,
  signal: AbortSignal,
): Promise<void> {
  let unregistered = 0;
  let asked = 0;
  for (const instanceId of await suspects(members, runners, ports)) {
    signal.throwIfAborted();
    await attempt("looking for the runner of an instance", { instanceId }, observer, async () => {
      const launch = await history.launch(instanceId);
      // In service since the launch ended, as that may have taken longer than a host needs. A launch that is not in the
      // history any more is an old one.
      const since = launch && (launch.endedAt ?? launch.startedAt);
      if (since && ports.clock.now() - since.getTime() <= SETTLED_MS) return;
      asked += 1;
      const mayAsk = asked <= ASKED_AGAIN && ports.gitHub().spare() >= RESERVE.look;
      const runner = mayAsk ? await ports.gitHub().find(instanceId, signal) : runners.find(({ name }) => name === instanceId);
      if (runner?.online) return;
      unregistered += 1;
      observer.log.error("sweep: instance is in service without a runner online at GitHub", {
        instanceId,
        runner: runner ? "offline" : "not registered",
        busy: runner?.busy ?? false,
        inServiceSince: since?.toISOString(),
      });
    });
  }
  observer.count(METRIC.unregisteredInstances, unregistered);
}

/** Looked up again after the runners were listed: an instance that began to drain meanwhile rightly has none online. */
async function suspects(members: readonly Member[], runners: readonly Runner[], ports: SweepPorts): Promise<string[]> {
  const online = new Set(runners.filter((runner) => runner.online).map(({ name }) => name));
  const missing = members
    .filter(({ instanceId, lifecycleState }) => lifecycleState === "InService" && !online.has(instanceId))
    .map(({ instanceId }) => instanceId);
  if (missing.length === 0) return [];
  const states = await ports.lifecycleStates(missing);
  return missing.filter((instanceId) => states.get(instanceId) === "InService");
}
