import { TIMING, launchEventAge } from "../../contract/actions-runner-pool/timing";
import { DETAIL_TYPE, EVENT_SOURCE } from "../../contract/aws/lifecycle";
import type { FunctionKey } from "./function-settings";
import type { PoolSettings } from "./settings";

/** What invokes a function: an event of the group, or the schedule. */
export interface Trigger {
  /** Of the names in the program. */
  suffix: string;
  /** Name in AWS. */
  rule: string;
  description: string;
  target: FunctionKey;
  eventPattern?: string;
  scheduleExpression?: string;
  /** Seconds for which an event that cannot be delivered is worth trying, 60 to 86400. */
  maximumEventAge: number;
  /** 0 to 185. */
  maximumRetries: number;
}

/** EventBridge's own limit. */
const MOST_RETRIES = 185;

export function triggers({ names, launchTimeout }: PoolSettings): Trigger[] {
  return [
    {
      suffix: "launching",
      rule: names.launchRule,
      description: "an instance launches or leaves the warm pool",
      target: "register",
      eventPattern: groupPattern(DETAIL_TYPE.launching, names.group),
      maximumEventAge: launchEventAge(launchTimeout),
      maximumRetries: MOST_RETRIES,
    },
    {
      suffix: "terminating",
      rule: names.terminateRule,
      description: "an instance is chosen to go",
      target: "deregister",
      eventPattern: groupPattern(DETAIL_TYPE.terminating, names.group),
      maximumEventAge: TIMING.ruleEventAge,
      maximumRetries: MOST_RETRIES,
    },
    {
      suffix: "terminated",
      rule: names.terminatedRule,
      description: "an instance is gone",
      target: "deregister",
      eventPattern: groupPattern(DETAIL_TYPE.terminated, names.group),
      maximumEventAge: TIMING.ruleEventAge,
      maximumRetries: MOST_RETRIES,
    },
    {
      suffix: "sweep",
      rule: names.sweepRule,
      description: "time to look for what events have missed",
      target: "sweep",
      scheduleExpression: `rate(${TIMING.sweepInterval / 60} minutes)`,
      // The next sweep is the retry.
      maximumEventAge: TIMING.sweepInterval,
      maximumRetries: 1,
    },
  ];
}

/**
 * By the group's name alone. Whether the instance comes from or goes to the warm pool is for the function to judge:
 * `Origin` and `Destination` may be absent, and a filter on an absent field would drop the event.
 */
function groupPattern(detailType: string, group: string): string {
  return JSON.stringify({
    source: [EVENT_SOURCE],
    "detail-type": [detailType],
    detail: { AutoScalingGroupName: [group] },
  });
}
