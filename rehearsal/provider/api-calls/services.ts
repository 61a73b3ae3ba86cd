import { arn } from "../resource-type";
import { calls, type CallsOf, type Change } from "./api-call";

const queueArn = ({ account }: Change, url: unknown) => arn(account, "sqs", String(url).split("/").pop()!);
const topicArn = ({ account, state }: Change) => arn(account, "sns", String(state.name));
const logGroupArn = ({ account, state }: Change) => arn(account, "logs", `log-group:${state.name}`);

/** Events, logs, alarms, queues, topics, documents and parameters. */
export const SERVICE_CALLS: Record<string, CallsOf> = {
  "aws:cloudwatch/logGroup:LogGroup": calls({
    // IAM decides the group's own calls on the ARN that ends like a stream's, but those on its tags on the one without that end.
    arn: (change) => `${logGroupArn(change)}:log-stream:`,
    taggingArn: logGroupArn,
    create: ["logs:CreateLogGroup", "logs:PutRetentionPolicy"],
    update: { retentionInDays: ["logs:PutRetentionPolicy"], kmsKeyId: ["logs:AssociateKmsKey", "logs:DisassociateKmsKey"] },
    remove: ["logs:DeleteLogGroup"],
    tagging: { tag: "logs:TagResource", untag: "logs:UntagResource" },
  }),
  "aws:cloudwatch/eventRule:EventRule": calls({
    arn: ({ account, state }) => arn(account, "events", `rule/${state.name}`),
    create: ["events:PutRule"],
    update: { "*": ["events:PutRule"] },
    remove: ["events:DeleteRule"],
    tagging: { tag: "events:TagResource", untag: "events:UntagResource" },
  }),
  "aws:cloudwatch/eventTarget:EventTarget": calls({
    arn: ({ account, state }) => arn(account, "events", `rule/${state.rule}`),
    create: ["events:PutTargets"],
    update: { "*": ["events:PutTargets"] },
    remove: ["events:RemoveTargets"],
  }),
  "aws:cloudwatch/metricAlarm:MetricAlarm": calls({
    arn: ({ account, state }) => arn(account, "cloudwatch", `alarm:${state.name}`),
    create: ["cloudwatch:PutMetricAlarm"],
    update: { "*": ["cloudwatch:PutMetricAlarm"] },
    remove: ["cloudwatch:DeleteAlarms"],
    tagging: { tag: "cloudwatch:TagResource", untag: "cloudwatch:UntagResource" },
  }),
  "aws:cloudwatch/dashboard:Dashboard": calls({
    arn: ({ account, state }) => arn(account, "cloudwatch", `dashboard/${state.dashboardName}`, { regional: false }),
    create: ["cloudwatch:PutDashboard"],
    update: { "*": ["cloudwatch:PutDashboard"] },
    remove: ["cloudwatch:DeleteDashboards"],
  }),
  "aws:sqs/queue:Queue": calls({
    arn: ({ account, state }) => arn(account, "sqs", String(state.name)),
    create: ["sqs:CreateQueue"],
    update: { "*": ["sqs:SetQueueAttributes"] },
    remove: ["sqs:DeleteQueue"],
    tagging: { tag: "sqs:TagQueue", untag: "sqs:UntagQueue" },
  }),
  "aws:sqs/queuePolicy:QueuePolicy": calls({
    arn: (change) => queueArn(change, change.state.queueUrl),
    create: ["sqs:SetQueueAttributes"],
    update: { "*": ["sqs:SetQueueAttributes"] },
    remove: ["sqs:SetQueueAttributes"],
  }),
  "aws:sns/topic:Topic": calls({
    arn: topicArn,
    create: ["sns:CreateTopic"],
    update: { "*": ["sns:SetTopicAttributes"] },
    remove: ["sns:DeleteTopic"],
    tagging: { tag: "sns:TagResource", untag: "sns:UntagResource" },
  }),
  "aws:ssm/document:Document": calls({
    arn: ({ account, state }) => arn(account, "ssm", `document/${state.name}`),
    create: ["ssm:CreateDocument"],
    // The provider makes each new version the default one.
    update: { permissions: ["ssm:ModifyDocumentPermission"], "*": ["ssm:UpdateDocument", "ssm:UpdateDocumentDefaultVersion"] },
    remove: ["ssm:DeleteDocument"],
    tagging: { tag: "ssm:AddTagsToResource", untag: "ssm:RemoveTagsFromResource" },
  }),
  "aws:ssm/parameter:Parameter": calls({
    arn: ({ account, state }) => arn(account, "ssm", `parameter/${String(state.name).replace(/^\//, "")}`),
    create: ["ssm:PutParameter"],
    update: { "*": ["ssm:PutParameter"] },
    remove: ["ssm:DeleteParameter"],
    tagging: { tag: "ssm:AddTagsToResource", untag: "ssm:RemoveTagsFromResource" },
  }),
};
