import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { type Place, arn, policy } from "../shared/policy";
import type { PoolSettings } from "./settings";

/** Seconds; the longest that SQS keeps a message, 14 days. */
const RETENTION = 14 * 24 * 3600;

/** Where events go that no try could deliver or handle: for a human to look at, after an alarm. */
export function createDeadLetterQueue(
  name: string,
  settings: PoolSettings,
  tags: pulumi.Output<Record<string, string>>,
  parent: pulumi.Resource,
): aws.sqs.Queue {
  return new aws.sqs.Queue(
    `${name}-dead-letters`,
    { name: settings.names.deadLetterQueue, messageRetentionSeconds: RETENTION, sqsManagedSseEnabled: true, tags },
    { parent },
  );
}

/** EventBridge delivers as itself, not by a role, so the queue has to let it in: for the pool's own rules only. */
export function admitRules(
  name: string,
  settings: PoolSettings,
  queue: aws.sqs.Queue,
  place: pulumi.Output<Place>,
  parent: pulumi.Resource,
): aws.sqs.QueuePolicy {
  const document = pulumi.all([queue.arn, place]).apply(([queueArn, where]) => JSON.stringify(deadLetterPolicy(queueArn, where, settings)));
  return new aws.sqs.QueuePolicy(`${name}-dead-letters`, { queueUrl: queue.url, policy: document }, { parent });
}

export function deadLetterPolicy(queueArn: string, place: Place, { names }: Pick<PoolSettings, "names">) {
  const rules = [names.launchRule, names.terminateRule, names.terminatedRule, names.sweepRule];
  return policy({
    Sid: "KeepUndeliveredEvents",
    Effect: "Allow",
    Principal: { Service: "events.amazonaws.com" },
    Action: ["sqs:SendMessage"],
    Resource: [queueArn],
    Condition: { ArnEquals: { "aws:SourceArn": rules.map((rule) => arn(place, "events", `rule/${rule}`)) } },
  });
}
