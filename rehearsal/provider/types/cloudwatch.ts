import { LOG_RETENTION_DAYS } from "../../../contract/aws/log-retention";
import { arn, storedType, text, type ResourceType } from "../resource-type";
import { jsonProblem, mustExist, notOneOf, outOfRange } from "./checks";

const RULE = "aws:cloudwatch/eventRule:EventRule";
/** The provider takes 0 for "never expire". */
const RETENTION_DAYS = [0, ...LOG_RETENTION_DAYS];

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
  id: (inputs) => inputs.name,
  outputs: (id, inputs, { account }) => ({
    arn: arn(account, "logs", `log-group:${id}`),
    logGroupClass: inputs.logGroupClass ?? "STANDARD",
    retentionInDays: inputs.retentionInDays ?? 0,
  }),
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

const metricAlarm = storedType({
  inputs: [
    "actionsEnabled",
    "alarmActions",
    "alarmDescription",
    "comparisonOperator",
    "datapointsToAlarm",
    "dimensions",
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
