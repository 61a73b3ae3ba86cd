import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { AwsEnvironment } from "../shared/aws-environment";
import { type PolicyDocument, arn, policy } from "../shared/policy";
import type { PoolSettings } from "./settings";
import { triggers } from "./triggers";

/** Seconds; the longest that SQS keeps a message, 14 days. */
const RETENTION = 14 * 24 * 3600;

export interface DeadLetterParts {
  settings: PoolSettings;
  environment: pulumi.Output<AwsEnvironment>;
  tags: pulumi.Output<Record<string, string>>;
}

export interface DeadLetters {
  queue: aws.sqs.Queue;
  /** What has to be there before the rules can use it. */
  ready: pulumi.Resource[];
}

/**
 * Where events go that no try could deliver or handle: for a human to look at, after an alarm. EventBridge delivers as
 * itself, not by a role, so the queue has to let it in: for the pool's own rules only.
 */
export function createDeadLetters(name: string, parts: DeadLetterParts, opts: pulumi.CustomResourceOptions): DeadLetters {
  const { settings, environment, tags } = parts;
  const queue = new aws.sqs.Queue(
    `${name}-dead-letters`,
    { name: settings.names.deadLetterQueue, messageRetentionSeconds: RETENTION, sqsManagedSseEnabled: true, tags },
    opts,
  );
  const document = pulumi
    .all([queue.arn, environment])
    .apply(([queueArn, where]) => JSON.stringify(deadLetterPolicy(queueArn, where, settings)));
  const admitted = new aws.sqs.QueuePolicy(`${name}-dead-letters`, { queueUrl: queue.url, policy: document }, opts);
  return { queue, ready: [admitted] };
}

function deadLetterPolicy(queueArn: string, environment: AwsEnvironment, settings: PoolSettings): PolicyDocument {
  return policy({
    Sid: "KeepUndeliveredEvents",
    Effect: "Allow",
    Principal: { Service: "events.amazonaws.com" },
    Action: ["sqs:SendMessage"],
    Resource: [queueArn],
    Condition: { ArnEquals: { "aws:SourceArn": triggers(settings).map(({ rule }) => arn(environment, "events", `rule/${rule}`)) } },
  });
}
