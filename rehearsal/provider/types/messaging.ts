import { arn, storedType, text, type ResourceType } from "../resource-type";
import { jsonProblem, outOfRange } from "./checks";

const queue = storedType({
  inputs: [
    "delaySeconds",
    "kmsMasterKeyId",
    "maxMessageSize",
    "messageRetentionSeconds",
    "name",
    "policy",
    "receiveWaitTimeSeconds",
    "redrivePolicy",
    "sqsManagedSseEnabled",
    "tags",
    "visibilityTimeoutSeconds",
  ],
  autoName: { property: "name", maxLength: 80 },
  replaceOn: ["name"],
  validate: (inputs) => [
    ...jsonProblem(inputs, "policy", "Statement"),
    ...outOfRange(inputs, "messageRetentionSeconds", 60, 1_209_600),
    ...outOfRange(inputs, "visibilityTimeoutSeconds", 0, 43_200),
    ...(inputs.sqsManagedSseEnabled === true && inputs.kmsMasterKeyId !== undefined
      ? [{ property: "kmsMasterKeyId", reason: `"kms_master_key_id": conflicts with sqs_managed_sse_enabled` }]
      : []),
  ],
  id: (inputs, { account }) => `https://sqs.${account.region}.amazonaws.com/${account.accountId}/${inputs.name}`,
  outputs: (id, inputs, { account }) => ({
    arn: arn(account, "sqs", inputs.name),
    url: id,
    sqsManagedSseEnabled: inputs.sqsManagedSseEnabled ?? inputs.kmsMasterKeyId === undefined,
    visibilityTimeoutSeconds: inputs.visibilityTimeoutSeconds ?? 30,
    messageRetentionSeconds: inputs.messageRetentionSeconds ?? 345_600,
  }),
});

const queuePolicy = storedType({
  inputs: ["policy", "queueUrl"],
  required: ["policy", "queueUrl"],
  replaceOn: ["queueUrl"],
  validate: (inputs) => jsonProblem(inputs, "policy", "Statement"),
  id: (inputs) => text(inputs.queueUrl),
});

const topic = storedType({
  inputs: ["displayName", "kmsMasterKeyId", "name", "policy", "tags"],
  autoName: { property: "name", maxLength: 256 },
  replaceOn: ["name"],
  validate: (inputs) => jsonProblem(inputs, "policy", "Statement"),
  id: (inputs, { account }) => arn(account, "sns", inputs.name),
  outputs: (id, _inputs, { account }) => ({ arn: id, owner: account.accountId }),
});

export const MESSAGING_TYPES: Record<string, ResourceType> = {
  "aws:sqs/queue:Queue": queue,
  "aws:sqs/queuePolicy:QueuePolicy": queuePolicy,
  "aws:sns/topic:Topic": topic,
};
