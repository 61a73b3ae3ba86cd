import type { LaunchFailure, ReadinessResult } from "../../../contract/actions-runner-pool/readiness";
import type { PoolNames } from "../../../contract/actions-runner-pool/names";
import type { LifecycleState } from "../../../contract/aws/lifecycle";
import type { Clock } from "../../shared/lambda/clock";
import { reasonOf } from "../../shared/lambda/observer";
import { type Activity, failedLaunch } from "../shared/activities";

export interface GroupView {
  createdAt: Date;
  minSize: number;
  desired: number;
  /** Of the group's own instances, without those of the warm pool. */
  states: LifecycleState[];
  suspended: string[];
}

export interface ReadinessPorts {
  /** Undefined if the group does not exist. */
  view(group: string): Promise<GroupView | undefined>;
  activities(group: string): AsyncIterable<Activity[]>;
  clock: Clock;
}

/** Characters of Auto Scaling's text. An encoded authorization failure can have thousands. */
const REASON_LENGTH = 500;

/**
 * Reads how far a new pool is, for the deployment that has just created it. It changes nothing and never throws: an
 * answer that could not be obtained is left to the next invocation.
 */
export async function readiness(ports: ReadinessPorts, { names: { group } }: { names: PoolNames }): Promise<ReadinessResult> {
  try {
    const view = await ports.view(group);
    if (!view) return { unknown: `there is no group ${group}` };
    const failures = await failedLaunches(ports, group);
    const { createdAt, states } = view;
    return {
      ageSeconds: (ports.clock.now() - createdAt.getTime()) / 1000,
      inService: states.filter((state) => state === "InService").length,
      wanted: wanted(view),
      underway: counts(states.filter((state) => state !== "InService")),
      failedLaunches: failures.length,
      ...(failures[0] && { lastFailure: failures[0] }),
    };
  } catch (error) {
    return { unknown: reasonOf(error) };
  }
}

/**
 * The minimum size, and one instance of a pool without a minimum that is to have any: it shows that launches succeed. Not
 * the desired capacity, which scaling may raise faster than instances launch.
 */
function wanted({ minSize, desired, suspended }: GroupView): number {
  return suspended.includes("Launch") ? 0 : Math.min(desired, Math.max(minSize, 1));
}

/** Newest first. One page of 100 activities is enough: the group is minutes old. */
async function failedLaunches({ activities, clock }: ReadinessPorts, group: string): Promise<LaunchFailure[]> {
  for await (const page of activities(group)) {
    return page.flatMap((activity) => {
      const failed = failedLaunch(activity);
      if (!failed) return [];
      const secondsAgo = Math.round((clock.now() - (activity.endedAt ?? activity.startedAt).getTime()) / 1000);
      return [{ ...failed, secondsAgo, reason: (activity.message ?? activity.description).slice(0, REASON_LENGTH) }];
    });
  }
  return [];
}

function counts(states: readonly LifecycleState[]): Record<string, number> {
  const found: Record<string, number> = {};
  for (const state of states) found[state] = (found[state] ?? 0) + 1;
  return found;
}
