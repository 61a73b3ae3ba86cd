import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";

/** An event or a schedule that invokes a function. */
export interface EventTrigger {
  /** Suffix of the resource names in the program. */
  suffix: string;
  /** Name of the rule in AWS. */
  rule: string;
  description: string;
  eventPattern?: pulumi.Input<string>;
  scheduleExpression?: string;
  /** Seconds for which EventBridge retries the delivery of an event, 60 to 86400. */
  maximumEventAge: number;
  /** Delivery attempts after the first, 0 to 185. */
  maximumRetries: number;
}

export interface EventTriggerParts {
  trigger: EventTrigger;
  handler: aws.lambda.Function;
  deadLetters: aws.sqs.Queue;
  tags: pulumi.Output<Record<string, string>>;
}

/** The rule, its target, and the permission without which EventBridge would drop each event. */
export function createEventTrigger(name: string, parts: EventTriggerParts, opts: pulumi.CustomResourceOptions): pulumi.Resource[] {
  const { trigger, handler, deadLetters, tags } = parts;
  const { eventPattern, scheduleExpression, description } = trigger;
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
    { ...opts, dependsOn: [...dependencies(opts), permission] },
  );
  return [rule, permission, target];
}

function dependencies({ dependsOn }: pulumi.CustomResourceOptions): pulumi.Resource[] {
  return Array.isArray(dependsOn) ? (dependsOn as pulumi.Resource[]) : [];
}
