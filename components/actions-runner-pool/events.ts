import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { PoolFunctions } from "./functions";
import type { PoolSettings } from "./settings";
import { type Trigger, triggers } from "./triggers";

export interface EventParts {
  settings: PoolSettings;
  functions: PoolFunctions;
  deadLetters: aws.sqs.Queue;
  tags: pulumi.Output<Record<string, string>>;
}

/**
 * The rules that route the group's events to the functions, and the sweep's schedule.
 *
 * @returns resources that must exist before the group: an earlier event would be lost.
 */
export function createEvents(name: string, parts: EventParts, opts: pulumi.CustomResourceOptions): pulumi.Resource[] {
  return triggers(parts.settings).flatMap((trigger) => createTrigger(`${name}-${trigger.suffix}`, { ...parts, trigger }, opts));
}

function createTrigger(
  name: string,
  { trigger, functions, deadLetters, tags }: EventParts & { trigger: Trigger },
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
  const { eventPattern, scheduleExpression, description } = trigger;
  const handler = functions[trigger.target].function;
  const rule = new aws.cloudwatch.EventRule(name, { name: trigger.rule, description, eventPattern, scheduleExpression, tags }, opts);
  const permission = new aws.lambda.Permission(
    name,
    { function: handler.name, action: "lambda:InvokeFunction", principal: "events.amazonaws.com", sourceArn: rule.arn },
    opts,
  );
  const target = new aws.cloudwatch.EventTarget(
    name,
    {
      rule: rule.name,
      arn: handler.arn,
      retryPolicy: { maximumEventAgeInSeconds: trigger.maximumEventAge, maximumRetryAttempts: trigger.maximumRetries },
      deadLetterConfig: { arn: deadLetters.arn },
    },
    { ...opts, dependsOn: [permission] },
  );
  return [rule, permission, target];
}
