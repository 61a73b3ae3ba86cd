import { PERSISTENT_TIMING as TIMING } from "../../contract/persistent-runner/timing";
import type { EventTrigger } from "../shared/event-trigger";
import type { PersistentRunnerSettings } from "./settings";

/** What invokes the reaper. The schedule repeats what an event would have done, so neither is retried for long. */
export interface ReapTrigger extends Omit<EventTrigger, "eventPattern"> {
  /** Matches the events of one instance. */
  eventPattern?: (instanceId: string) => string;
}

export function triggers({ names }: PersistentRunnerSettings): ReapTrigger[] {
  return [
    {
      suffix: "state",
      rule: names.stateRule,
      description: "the machine is off, or gone",
      eventPattern: statePattern,
      maximumEventAge: TIMING.reapInterval,
      maximumRetries: 5,
    },
    {
      suffix: "reap",
      rule: names.reapRule,
      description: "schedule of the reaper, which sees what events missed",
      scheduleExpression: `rate(${TIMING.reapInterval / 60} minutes)`,
      maximumEventAge: TIMING.reapInterval,
      maximumRetries: 1,
    },
  ];
}

function statePattern(instanceId: string): string {
  return JSON.stringify({
    source: ["aws.ec2"],
    "detail-type": ["EC2 Instance State-change Notification"],
    detail: { "instance-id": [instanceId], state: ["stopped", "shutting-down", "terminated"] },
  });
}
