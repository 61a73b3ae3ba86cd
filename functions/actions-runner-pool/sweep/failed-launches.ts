import { TIMING } from "../../../contract/actions-runner-pool/timing";
import type { Clock } from "../../shared/lambda/clock";
import type { Observer } from "../../shared/lambda/observer";
import type { FailureMark } from "./failure-mark";

export interface FailedLaunch {
  /** Auto Scaling's `StatusMessage`: usually EC2's words. */
  reason: string;
  endedAt: Date;
}

export interface FailedLaunchPorts {
  /** Among the group's latest 100 activities; empty if there is no such group. */
  failedLaunches(group: string): Promise<FailedLaunch[]>;
  /** Kept between sweeps of one process. */
  failureMark: FailureMark;
  clock: Clock;
}

/** What ends the cause of a failed launch, where Auto Scaling's reason does not say it. */
const REMEDIES: readonly [reason: RegExp, remedy: string][] = [
  [
    /Client error on launch/,
    "if the volumes have a key of yours, its policy must let AWSServiceRoleForAutoScaling use it and create grants",
  ],
  [
    /service-linked role for EC2 Spot/,
    "run once in this account: aws iam create-service-linked-role --aws-service-name spot.amazonaws.com",
  ],
];

/**
 * Reports why launches failed that no sweep has reported yet, once for each reason. Auto Scaling tries again for ever, and has
 * its reason in the group's history only: a pool to which EC2 gives no instance seems to be one without jobs.
 *
 * It only reports, and raises no alarm: a lack of Spot capacity is normal. A launch that its hook abandoned says its reason on
 * the instance's console.
 */
export async function reportFailedLaunches(ports: FailedLaunchPorts, group: string, { log }: Observer): Promise<void> {
  const since = ports.failureMark.since(ports.clock.now() - TIMING.sweepInterval * 1000);
  const counts = new Map<string, number>();
  for (const { reason, endedAt } of await ports.failedLaunches(group)) {
    if (endedAt.getTime() <= since) continue;
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
    ports.failureMark.reported(endedAt.getTime());
  }
  for (const [reason, launches] of counts) {
    const remedy = REMEDIES.find(([known]) => known.test(reason))?.[1];
    log.warn("sweep: launches failed; Auto Scaling tries again", { reason, launches, ...(remedy && { remedy }) });
  }
}
