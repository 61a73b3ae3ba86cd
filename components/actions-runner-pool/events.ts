import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { TIMING, launchEventAge } from "../../contract/actions-runner-pool/timing";
import { DETAIL_TYPE, EVENT_SOURCE } from "../../contract/aws/lifecycle";
import type { PackagedFunction } from "../shared/packaged-function";
import type { PoolFunctions } from "./functions";
import type { PoolSettings } from "./settings";

/** What triggers a function. */
interface Trigger {
  suffix: string;
  rule: string;
  description: string;
  target: PackagedFunction;
  eventPattern?: string;
  scheduleExpression?: string;
  /** Seconds for which an event that cannot be delivered is worth trying, 60 to 86400. */
  maximumEventAge: number;
  /** 0 to 185. */
  maximumRetries: number;
}

/** EventBridge's own limit. */
const MOST_RETRIES = 185;

export interface EventParts {
  functions: PoolFunctions;
  deadLetters: aws.sqs.Queue;
  tags: pulumi.Output<Record<string, string>>;
}

/**
 * The rules that bring the group's events to the functions, and the sweep's schedule.
 *
 * @returns what must be there before the group: an event that happens earlier is lost.
 */
export function createEvents(name: string, settings: PoolSettings, parts: EventParts, parent: pulumi.Resource): pulumi.Resource[] {
  return triggers(settings, parts.functions).flatMap((trigger) => createTrigger(name, trigger, parts, parent));
}

function triggers(settings: PoolSettings, functions: PoolFunctions): Trigger[] {
  const { names } = settings;
  return [
    {
      suffix: "launching",
      rule: names.launchRule,
      description: "an instance launches or leaves the warm pool",
      target: functions.register,
      eventPattern: groupPattern(DETAIL_TYPE.launching, names.group),
      maximumEventAge: launchEventAge(settings.launchTimeout),
      maximumRetries: MOST_RETRIES,
    },
    {
      suffix: "terminating",
      rule: names.terminateRule,
      description: "an instance is chosen to go",
      target: functions.deregister,
      eventPattern: groupPattern(DETAIL_TYPE.terminating, names.group),
      maximumEventAge: TIMING.ruleEventAge,
      maximumRetries: MOST_RETRIES,
    },
    {
      suffix: "terminated",
      rule: names.terminatedRule,
      description: "an instance is gone",
      target: functions.deregister,
      eventPattern: groupPattern(DETAIL_TYPE.terminated, names.group),
      maximumEventAge: TIMING.ruleEventAge,
      maximumRetries: MOST_RETRIES,
    },
    {
      suffix: "sweep",
      rule: names.sweepRule,
      description: "time to look for what events have missed",
      target: functions.sweep,
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

function createTrigger(name: string, trigger: Trigger, { deadLetters, tags }: EventParts, parent: pulumi.Resource): pulumi.Resource[] {
  const logicalName = `${name}-${trigger.suffix}`;
  const { eventPattern, scheduleExpression, description } = trigger;
  const handler = trigger.target.function;
  const rule = new aws.cloudwatch.EventRule(
    logicalName,
    { name: trigger.rule, description, eventPattern, scheduleExpression, tags },
    { parent },
  );
  const permission = new aws.lambda.Permission(
    logicalName,
    { function: handler.name, action: "lambda:InvokeFunction", principal: "events.amazonaws.com", sourceArn: rule.arn },
    { parent },
  );
  const target = new aws.cloudwatch.EventTarget(
    logicalName,
    {
      rule: rule.name,
      arn: handler.arn,
      retryPolicy: { maximumEventAgeInSeconds: trigger.maximumEventAge, maximumRetryAttempts: trigger.maximumRetries },
      deadLetterConfig: { arn: deadLetters.arn },
    },
    { parent, dependsOn: [permission] },
  );
  return [rule, permission, target];
}
