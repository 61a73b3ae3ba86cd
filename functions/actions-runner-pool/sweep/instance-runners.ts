import { isInstanceId } from "../shared/events";
import type { Runner } from "../../shared/github/runners";
import type { SweepPorts } from "./ports";
import { mayList } from "./github-list-throttle";

/** The runners of this sweep; `no slot` if they are too many to be listed in every sweep, undefined if the listing failed. */
export type RunnerList = readonly Runner[] | "no slot" | undefined;

/**
 * Runners of any pool whose name is an instance id, or `no slot`. Read once per sweep, and completely before any runner is
 * removed, because removals shift the pages.
 */
export async function instanceRunners(ports: SweepPorts, pool: string, signal: AbortSignal): Promise<Runner[] | "no slot"> {
  const found: Runner[] = [];
  let hasSlot = true;
  const shouldList = (pages: number) => (hasSlot = mayList(pages, pool, ports.clock.now()));
  for await (const page of ports.gitHub().pages(signal, shouldList)) found.push(...page.filter(({ name }) => isInstanceId(name)));
  return hasSlot ? found : "no slot";
}
