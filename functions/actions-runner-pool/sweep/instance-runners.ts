import { isInstanceId } from "../shared/events";
import type { Runner } from "../../shared/github/runners";
import type { SweepPorts } from "./ports";
import { mayList } from "./github-list-throttle";

/**
 * Runners that bear an instance's name, of whichever pool; undefined in a sweep that has no slot for listing them. Read
 * once for the whole sweep. Complete before anything is removed, because removals shift the pages.
 */
export async function instanceRunners(ports: SweepPorts, pool: string, signal: AbortSignal): Promise<Runner[] | undefined> {
  const found: Runner[] = [];
  let ours = true;
  const worthIt = (pages: number) => (ours = mayList(pages, pool, ports.clock.now()));
  for await (const page of ports.gitHub().pages(signal, worthIt)) found.push(...page.filter(({ name }) => isInstanceId(name)));
  return ours ? found : undefined;
}
