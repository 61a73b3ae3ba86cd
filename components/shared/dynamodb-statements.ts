import type { AwsEnvironment } from "./aws-environment";
import { type Statement, allow, allowKey } from "./policy";

/**
 * Permissions on parts of a table. `dynamodb:LeadingKeys` are the partition keys of the items of a call; those of an index, if the
 * call names one. `*` stands for any characters.
 */
export function queryIndex(sid: string, indexArn: string, partitions: string[]): Statement {
  return allow(sid, ["dynamodb:Query"], [indexArn], leadingKeys(partitions));
}

export function useItems(sid: string, tableArn: string, actions: string[], partitions: string[]): Statement {
  return allow(sid, actions, [tableArn], leadingKeys(partitions));
}

/**
 * Updates of some attributes of the items, without reading others by the way.
 *
 * @param attributes all that a call names: keys, changed ones, and those of its condition.
 */
export function updateAttributes(sid: string, tableArn: string, partitions: string[], attributes: string[]): Statement {
  return allow(sid, ["dynamodb:UpdateItem"], [tableArn], {
    ...leadingKeys(partitions),
    "ForAllValues:StringEquals": { "dynamodb:Attributes": attributes },
    StringEqualsIfExists: { "dynamodb:ReturnValues": ["NONE", "UPDATED_NEW", "UPDATED_OLD"] },
  });
}

/** DynamoDB uses a customer's key with its caller's permissions. These are those of its guide that a caller of items needs. */
export function allowTableKey(environment: AwsEnvironment, kmsKeyArn: string): Statement {
  const actions = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"];
  return allowKey("UseKeyOfTable", environment, kmsKeyArn, "dynamodb", actions);
}

function leadingKeys(patterns: string[]): NonNullable<Statement["Condition"]> {
  return { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": patterns } };
}
