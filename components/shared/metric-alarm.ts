import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";

/** A condition that an operator must know about. */
export interface MetricAlarm {
  suffix: string;
  description: string;
  namespace: string;
  metricName: string;
  dimensions: Record<string, pulumi.Input<string>>;
  statistic: "Sum" | "Maximum";
  /** Breaching 5-minute periods that raise the alarm: 1 of 1, or 2 of the last 3. */
  badPeriods: 1 | 2;
  /** The highest value that does not breach. Default: 0. */
  above?: number;
}

/** Seconds; what reports once per sweep or reconciliation reports once per period. */
const PERIOD = 300;

export interface AlarmParts {
  /** What the physical names begin with. */
  prefix: string;
  topicArn?: pulumi.Input<string>;
  tags: pulumi.Output<Record<string, string>>;
}

/** Missing data means that nothing happened. */
export function createAlarm(name: string, parts: AlarmParts & { alarm: MetricAlarm }, opts: pulumi.CustomResourceOptions): void {
  const { alarm } = parts;
  new aws.cloudwatch.MetricAlarm(
    `${name}-${alarm.suffix}`,
    {
      name: `${parts.prefix}-${alarm.suffix}`,
      alarmDescription: alarm.description,
      namespace: alarm.namespace,
      metricName: alarm.metricName,
      dimensions: alarm.dimensions,
      statistic: alarm.statistic,
      period: PERIOD,
      evaluationPeriods: alarm.badPeriods === 1 ? 1 : 3,
      datapointsToAlarm: alarm.badPeriods,
      comparisonOperator: "GreaterThanThreshold",
      threshold: alarm.above ?? 0,
      treatMissingData: "notBreaching",
      ...actions(parts),
    },
    opts,
  );
}

/** Something that must happen again and again, such as the runs of a schedule. */
export interface DeadManAlarm extends Omit<MetricAlarm, "statistic" | "badPeriods" | "above"> {
  /** Seconds without it that raise the alarm; rounded up to whole 5-minute periods. */
  silence: number;
}

/**
 * Missing data breaches: what no longer runs emits nothing at all. So a new alarm is raised until the first run, at most one interval
 * of the schedule later.
 */
export function createDeadManAlarm(name: string, parts: AlarmParts & { alarm: DeadManAlarm }, opts: pulumi.CustomResourceOptions): void {
  const { alarm } = parts;
  const periods = Math.ceil(alarm.silence / PERIOD);
  new aws.cloudwatch.MetricAlarm(
    `${name}-${alarm.suffix}`,
    {
      name: `${parts.prefix}-${alarm.suffix}`,
      alarmDescription: alarm.description,
      namespace: alarm.namespace,
      metricName: alarm.metricName,
      dimensions: alarm.dimensions,
      statistic: "Sum",
      period: PERIOD,
      evaluationPeriods: periods,
      datapointsToAlarm: periods,
      comparisonOperator: "LessThanThreshold",
      threshold: 1,
      treatMissingData: "breaching",
      ...actions(parts),
    },
    opts,
  );
}

function actions({ topicArn, tags }: AlarmParts) {
  const notify = topicArn === undefined ? undefined : [topicArn];
  return { alarmActions: notify, okActions: notify, tags };
}

/** A function that fails repeatedly. */
export function functionErrors(key: string, handler: aws.lambda.Function): MetricAlarm {
  return {
    suffix: `${key}-function-errors`,
    description: `The ${key} function failed, twice in 15 minutes: check its log`,
    namespace: "AWS/Lambda",
    metricName: "Errors",
    dimensions: { FunctionName: handler.name },
    statistic: "Sum",
    badPeriods: 2,
  };
}

/** @param remedy what makes up for the event, and what to do */
export function deadLetterAlarm(queue: aws.sqs.Queue, remedy: string): MetricAlarm {
  return {
    suffix: "dead-letters",
    description: `An event could not be delivered or handled: ${remedy}`,
    namespace: "AWS/SQS",
    metricName: "ApproximateNumberOfMessagesVisible",
    dimensions: { QueueName: queue.name },
    statistic: "Maximum",
    badPeriods: 1,
  };
}

/** A schedule that EventBridge no longer runs, for example because its rule was disabled. */
export function scheduleAlarm(suffix: string, rule: string, silence: number, consequence: string): DeadManAlarm {
  return {
    suffix,
    description: `The rule ${rule} has invoked nothing for ${Math.ceil(silence / PERIOD) * (PERIOD / 60)} minutes: ${consequence}; check that it exists and is enabled`,
    namespace: "AWS/Events",
    metricName: "Invocations",
    dimensions: { RuleName: rule },
    silence,
  };
}
