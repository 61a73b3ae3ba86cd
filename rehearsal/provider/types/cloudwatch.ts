import { LOG_RETENTION_DAYS } from "../../../contract/aws/log-retention";
import { Iam } from "../../aws/iam/iam";
import { KmsKeys } from "../../aws/kms/keys";
import { isPercentile } from "../../aws/cloudwatch/metrics";
import { arn, storedType, text, type ResourceContext, type ResourceType } from "../resource-type";
import type { Properties } from "../values";
import { jsonProblem, mustExist, notOneOf, outOfRange } from "./checks";

const RULE = "aws:cloudwatch/eventRule:EventRule";
/** The provider takes 0 for "never expire". */
const RETENTION_DAYS = [0, ...LOG_RETENTION_DAYS];

function logGroupOutputs(id: string, inputs: Properties, { account }: ResourceContext): Properties {
  return {
    arn: arn(account, "logs", `log-group:${id}`),
    logGroupClass: inputs.logGroupClass ?? "STANDARD",
    retentionInDays: inputs.retentionInDays ?? 0,
  };
}

/** CloudWatch Logs uses the key in its own name, and asks when a group gets it. */
function checkLogKey({ name, kmsKeyId }: Properties, { account, store }: ResourceContext): void {
  if (kmsKeyId === undefined) return;
  const group = arn(account, "logs", `log-group:${name}`);
  const keys = new KmsKeys(store, new Iam(store, account), account);
  const use = {
    key: text(kmsKeyId),
    actions: ["kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GenerateDataKey", "kms:DescribeKey"],
  };
  if (keys.admits(`logs.${account.region}.amazonaws.com`, use, { "kms:EncryptionContext:aws:logs:arn": group })) return;
  throw new Error(
    `creating CloudWatch Logs Log Group (${name}): AccessDeniedException: ` +
      `The specified KMS key does not exist or is not allowed to be used with Arn '${group}'`,
  );
}

const logGroup = storedType({
  inputs: ["kmsKeyId", "logGroupClass", "name", "retentionInDays", "skipDestroy", "tags"],
  autoName: { property: "name", maxLength: 512 },
  replaceOn: ["name", "logGroupClass"],
  validate: (inputs) =>
    inputs.retentionInDays === undefined || RETENTION_DAYS.includes(inputs.retentionInDays)
      ? []
      : [
          {
            property: "retentionInDays",
            reason: `expected retention_in_days to be one of ${JSON.stringify(RETENTION_DAYS)}, got ${inputs.retentionInDays}`,
          },
        ],
  id: (inputs, context) => {
    checkLogKey(inputs, context);
    return inputs.name;
  },
  update: (id, inputs, _old, context) => {
    checkLogKey(inputs, context);
    return logGroupOutputs(id, inputs, context);
  },
  outputs: logGroupOutputs,
});

const eventRule = storedType({
  inputs: ["description", "eventBusName", "eventPattern", "forceDestroy", "name", "roleArn", "scheduleExpression", "state", "tags"],
  autoName: { property: "name", maxLength: 64 },
  replaceOn: ["name", "eventBusName"],
  validate: (inputs) => {
    const problems = [
      ...jsonProblem(inputs, "eventPattern"),
      ...notOneOf(inputs, "state", ["ENABLED", "DISABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"]),
    ];
    if (inputs.eventPattern === undefined && inputs.scheduleExpression === undefined) {
      problems.push({ property: "eventPattern", reason: "one of `event_pattern,schedule_expression` must be specified" });
    }
    const schedule = inputs.scheduleExpression;
    if (schedule !== undefined && !/^(rate\([1-9]\d* (minute|minutes|hour|hours|day|days)\)|cron\(.+\))$/.test(text(schedule))) {
      problems.push({
        property: "scheduleExpression",
        reason: `ValidationException: Parameter ScheduleExpression is not valid: ${schedule}`,
      });
    }
    return problems;
  },
  id: (inputs) => (inputs.eventBusName && inputs.eventBusName !== "default" ? `${inputs.eventBusName}/${inputs.name}` : inputs.name),
  outputs: (_id, inputs, { account }) => ({
    arn: arn(account, "events", `rule/${inputs.name}`),
    state: inputs.state ?? "ENABLED",
    eventBusName: inputs.eventBusName ?? "default",
  }),
});

const eventTarget = storedType({
  inputs: [
    "arn",
    "deadLetterConfig",
    "eventBusName",
    "forceDestroy",
    "input",
    "inputTransformer",
    "retryPolicy",
    "roleArn",
    "rule",
    "targetId",
  ],
  required: ["arn", "rule"],
  autoName: { property: "targetId", maxLength: 64 },
  replaceOn: ["rule", "targetId", "eventBusName"],
  validate: (inputs) => [
    ...outOfRange(inputs.retryPolicy ?? {}, "maximumEventAgeInSeconds", 60, 86_400),
    ...outOfRange(inputs.retryPolicy ?? {}, "maximumRetryAttempts", 0, 185),
  ],
  id: (inputs, context) => {
    mustExist(context, RULE, text(inputs.rule), "ResourceNotFoundException", `Rule ${inputs.rule} does not exist on EventBus default.`);
    return `${inputs.rule}-${inputs.targetId}`;
  },
  outputs: (_id, inputs) => ({ eventBusName: inputs.eventBusName ?? "default" }),
});

/** Of one metric: either a statistic or a percentile. */
function statisticProblems({ statistic, extendedStatistic, metricQueries }: Properties) {
  if (metricQueries !== undefined) return [];
  if ((statistic === undefined) === (extendedStatistic === undefined)) {
    return [{ property: "statistic", reason: "One of `statistic` or `extended_statistic` must be set for a cloudwatch metric alarm" }];
  }
  if (extendedStatistic === undefined || isPercentile(text(extendedStatistic))) return [];
  return [{ property: "extendedStatistic", reason: `expected a percentile from p0.1 to p100, got ${extendedStatistic}` }];
}

const metricAlarm = storedType({
  inputs: [
    "actionsEnabled",
    "alarmActions",
    "alarmDescription",
    "comparisonOperator",
    "datapointsToAlarm",
    "dimensions",
    "evaluateLowSampleCountPercentiles",
    "evaluationPeriods",
    "extendedStatistic",
    "insufficientDataActions",
    "metricName",
    "metricQueries",
    "name",
    "namespace",
    "okActions",
    "period",
    "statistic",
    "tags",
    "threshold",
    "treatMissingData",
    "unit",
  ],
  required: ["comparisonOperator", "evaluationPeriods"],
  autoName: { property: "name", maxLength: 255 },
  replaceOn: ["name"],
  validate: (inputs) => [
    ...statisticProblems(inputs),
    ...notOneOf(inputs, "treatMissingData", ["breaching", "notBreaching", "ignore", "missing"]),
    ...notOneOf(inputs, "comparisonOperator", [
      "GreaterThanOrEqualToThreshold",
      "GreaterThanThreshold",
      "LessThanThreshold",
      "LessThanOrEqualToThreshold",
      "LessThanLowerOrGreaterThanUpperThreshold",
      "LessThanLowerThreshold",
      "GreaterThanUpperThreshold",
    ]),
  ],
  id: (inputs) => inputs.name,
  outputs: (id, inputs, { account }) => ({
    arn: arn(account, "cloudwatch", `alarm:${id}`),
    actionsEnabled: inputs.actionsEnabled ?? true,
    treatMissingData: inputs.treatMissingData ?? "missing",
  }),
});

export const CLOUDWATCH_TYPES: Record<string, ResourceType> = {
  "aws:cloudwatch/logGroup:LogGroup": logGroup,
  [RULE]: eventRule,
  "aws:cloudwatch/eventTarget:EventTarget": eventTarget,
  "aws:cloudwatch/metricAlarm:MetricAlarm": metricAlarm,
};
