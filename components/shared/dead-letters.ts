import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { AwsEnvironment } from "./aws-environment";
import { type PolicyDocument, arn, policy } from "./policy";

/** Seconds; 14 days, the longest retention of SQS. */
const RETENTION = 14 * 24 * 3600;

export interface DeadLetterParts {
  /** Physical name; at most 80 characters. */
  queueName: string;
  /** Names of the rules whose undelivered events the queue receives. */
  rules: readonly string[];
  environment: pulumi.Output<AwsEnvironment>;
  kmsKeyArn?: pulumi.Input<string>;
  tags: pulumi.Output<Record<string, string>>;
}

export interface DeadLetters {
  queue: aws.sqs.Queue;
  /** Resources that must exist before the rules can use the queue. */
  ready: pulumi.Resource[];
}

/**
 * Keeps events that could not be delivered or handled after all retries, for the operator to inspect after an alarm.
 * EventBridge delivers as a service principal, not with a role, so the queue policy must allow it: for the component's own
 * rules only.
 */
export function createDeadLetters(name: string, parts: DeadLetterParts, opts: pulumi.CustomResourceOptions): DeadLetters {
  const { queueName, rules, environment, kmsKeyArn, tags } = parts;
  const queue = new aws.sqs.Queue(
    `${name}-dead-letters`,
    { name: queueName, messageRetentionSeconds: RETENTION, ...encryption(kmsKeyArn), tags },
    opts,
  );
  const document = pulumi
    .all([queue.arn, environment])
    .apply(([queueArn, awsEnvironment]) => JSON.stringify(deadLetterPolicy(queueArn, awsEnvironment, rules)));
  const queuePolicy = new aws.sqs.QueuePolicy(`${name}-dead-letters`, { queueUrl: queue.url, policy: document }, opts);
  return { queue, ready: [queuePolicy] };
}

/** SQS takes one of both. With a customer's key, the key's policy must admit EventBridge: see docs/organizations.md. */
function encryption(kmsKeyArn: pulumi.Input<string> | undefined): Pick<aws.sqs.QueueArgs, "kmsMasterKeyId" | "sqsManagedSseEnabled"> {
  return kmsKeyArn === undefined ? { sqsManagedSseEnabled: true } : { kmsMasterKeyId: kmsKeyArn };
}

function deadLetterPolicy(queueArn: string, environment: AwsEnvironment, rules: readonly string[]): PolicyDocument {
  return policy({
    Sid: "ReceiveUndeliveredEvents",
    Effect: "Allow",
    Principal: { Service: "events.amazonaws.com" },
    Action: ["sqs:SendMessage"],
    Resource: [queueArn],
    Condition: { ArnEquals: { "aws:SourceArn": rules.map((rule) => arn(environment, "events", `rule/${rule}`)) } },
  });
}
