import { isInstanceId } from "../shared/events";
import type { Runner } from "../shared/github/runners";
import type { SweepPorts } from "./ports";

/**
 * Runners that bear an instance's name, of whichever pool. Read once for the whole sweep: ten pools of an organization
 * with 1,000 runners spend 1,200 of GitHub's 5,000 calls an hour on this alone. Complete before anything is removed,
 * because removals shift the pages.
 */
export async function instanceRunners(ports: SweepPorts, signal: AbortSignal): Promise<Runner[]> {
  const found: Runner[] = [];
  for await (const page of ports.gitHub().pages(signal)) found.push(...page.filter(({ name }) => isInstanceId(name)));
  return found;
}
