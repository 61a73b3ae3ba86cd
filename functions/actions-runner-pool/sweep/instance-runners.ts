import { isInstanceId } from "../shared/events";
import { RESERVE } from "../../shared/github/reserve";
import type { Runner } from "../../shared/github/runners";
import type { Log } from "../../shared/lambda/observer";
import type { SweepPorts } from "./ports";
import { mayList } from "./github-list-throttle";

/**
 * The runners of this sweep; `no slot` if they are too many to be listed in every sweep, or if GitHub's quota is nearly
 * spent; undefined if the listing failed.
 */
export type RunnerList = readonly Runner[] | "no slot" | undefined;

/**
 * Runners of any pool whose name is an instance id, or `no slot`. Read once per sweep, and completely before any runner is
 * removed, because removals shift the pages.
 */
export async function instanceRunners(
  ports: SweepPorts,
  pool: string,
  { log }: { log: Log },
  signal: AbortSignal,
): Promise<Runner[] | "no slot"> {
  const gitHub = ports.gitHub();
  const isReserved = (calls: number) => {
    // A quota of which nothing is left is for GitHub to refuse: that failure is counted.
    const reserved = gitHub.remainingQuota() > 0 && gitHub.remainingQuota(calls) < RESERVE.list;
    if (reserved) log.warn("sweep: the runners are not listed; the rest of GitHub's hourly quota is reserved for launches", { calls });
    return reserved;
  };
  if (isReserved(0)) return "no slot";
  const found: Runner[] = [];
  let hasSlot = true;
  const shouldList = (pages: number) => (hasSlot = mayList(pages, pool, ports.clock.now()) && !isReserved(pages));
  for await (const page of gitHub.pages(signal, shouldList)) found.push(...page.filter(({ name }) => isInstanceId(name)));
  return hasSlot ? found : "no slot";
}
