import { isInstanceId } from "../shared/events";
import type { Runner } from "../../shared/github/runners";
import type { SweepPorts } from "./ports";
import { mayList } from "./github-list-throttle";

/**
 * Runners of any pool whose name is an instance id; undefined in a sweep that has no slot for listing them. Read once per
 * sweep, and completely before any runner is removed, because removals shift the pages.
 */
export async function instanceRunners(ports: SweepPorts, pool: string, signal: AbortSignal): Promise<Runner[] | undefined> {
  const found: Runner[] = [];
  let hasSlot = true;
  const shouldList = (pages: number) => (hasSlot = mayList(pages, pool, ports.clock.now()));
  for await (const page of ports.gitHub().pages(signal, shouldList)) found.push(...page.filter(({ name }) => isInstanceId(name)));
  return hasSlot ? found : undefined;
}
