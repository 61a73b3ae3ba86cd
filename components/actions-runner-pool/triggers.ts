import { TIMING, launchEventAge } from "../../contract/actions-runner-pool/timing";
import { DETAIL_TYPE, EVENT_SOURCE } from "../../contract/aws/lifecycle";
import type { EventTrigger } from "../shared/event-trigger";
import type { FunctionKey } from "./function-settings";
import type { PoolSettings } from "./settings";

/** An event of the group or a schedule that invokes a function. */
export interface Trigger extends EventTrigger {
  target: FunctionKey;
  eventPattern?: string;
}

/** EventBridge's limit. */
const MAX_RETRIES = 185;

export function triggers({ names, launchTimeout }: PoolSettings): Trigger[] {
  return [
    {
      suffix: "launching",
      rule: names.launchRule,
      description: "an instance is launching or leaving the warm pool",
      target: "register",
      eventPattern: groupPattern(DETAIL_TYPE.launching, names.group),
      maximumEventAge: launchEventAge(launchTimeout),
      maximumRetries: MAX_RETRIES,
    },
    {
      suffix: "terminating",
      rule: names.terminateRule,
      description: "an instance is terminating",
      target: "deregister",
      eventPattern: groupPattern(DETAIL_TYPE.terminating, names.group),
      maximumEventAge: TIMING.ruleEventAge,
      maximumRetries: MAX_RETRIES,
    },
    {
      suffix: "terminated",
      rule: names.terminatedRule,
      description: "an instance has terminated",
      target: "deregister",
      eventPattern: groupPattern(DETAIL_TYPE.terminated, names.group),
      maximumEventAge: TIMING.ruleEventAge,
      maximumRetries: MAX_RETRIES,
    },
    {
      suffix: "sweep",
      rule: names.sweepRule,
      description: "schedule of the sweep, which handles what events missed",
      target: "sweep",
      scheduleExpression: `rate(${TIMING.sweepInterval / 60} minutes)`,
      // The next sweep is the retry.
      maximumEventAge: TIMING.sweepInterval,
      maximumRetries: 1,
    },
  ];
}

/**
 * Filters by the group's name only. The function checks whether the instance moves from or to the warm pool: `Origin` and
 * `Destination` may be absent, and a filter on an absent field would drop the event.
 */
function groupPattern(detailType: string, group: string): string {
  return JSON.stringify({
    source: [EVENT_SOURCE],
    "detail-type": [detailType],
    detail: { AutoScalingGroupName: [group] },
  });
}
