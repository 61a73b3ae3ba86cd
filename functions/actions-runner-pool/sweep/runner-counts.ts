import { METRIC } from "../../../contract/actions-runner-pool/metrics";
import type { Runner } from "../../shared/github/runners";
import type { Observer } from "../../shared/lambda/observer";
import type { Member } from "./ports";

/**
 * Publishes how many of the pool's runners are online and how many run a job, as GitHub says. Zero is a number like others here: a
 * gap in the graph would look like a sweep that did not run.
 */
export function countRunners(members: readonly Member[], runners: readonly Runner[], { count }: Pick<Observer, "count">): void {
  // The list has the runners of all pools of the account.
  const ids = new Set(members.map(({ instanceId }) => instanceId));
  const own = runners.filter(({ name }) => ids.has(name));
  count(METRIC.onlineRunners, own.filter(({ online }) => online).length);
  count(METRIC.busyRunners, own.filter(({ busy }) => busy).length);
}
