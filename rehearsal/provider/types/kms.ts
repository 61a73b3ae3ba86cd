import { randomUUID } from "node:crypto";
import { arn, storedType, text, type ResourceType } from "../resource-type";
import { jsonProblem, mustExist, outOfRange } from "./checks";

const KEY = "aws:kms/key:Key";

/** KMS's default policy: it leaves everything to IAM in the key's account. */
function defaultPolicy(accountId: string): string {
  const statement = { Sid: "Enable IAM User Permissions", Effect: "Allow", Action: "kms:*", Resource: "*" };
  return JSON.stringify({ Version: "2012-10-17", Statement: [{ ...statement, Principal: { AWS: `arn:aws:iam::${accountId}:root` } }] });
}

const key = storedType({
  inputs: ["deletionWindowInDays", "description", "enableKeyRotation", "isEnabled", "policy", "tags"],
  replaceOn: [],
  validate: (inputs) => [...jsonProblem(inputs, "policy", "Statement"), ...outOfRange(inputs, "deletionWindowInDays", 7, 30)],
  id: () => randomUUID(),
  outputs: (id, inputs, { account }) => ({
    arn: arn(account, "kms", `key/${id}`),
    keyId: id,
    isEnabled: inputs.isEnabled ?? true,
    policy: inputs.policy ?? defaultPolicy(account.accountId),
  }),
});

const alias = storedType({
  inputs: ["name", "targetKeyId"],
  required: ["targetKeyId"],
  autoName: { property: "name", maxLength: 256 },
  replaceOn: ["name"],
  validate: (inputs) =>
    /^alias\/[\w/-]+$/.test(text(inputs.name)) ? [] : [{ property: "name", reason: `must begin with 'alias/', got ${text(inputs.name)}` }],
  id: (inputs, context) => {
    const target = text(inputs.targetKeyId).replace(/^.*:key\//, "");
    mustExist(context, KEY, target, "NotFoundException", `Key '${target}' does not exist`);
    return inputs.name;
  },
  outputs: (id, _inputs, { account }) => ({ arn: arn(account, "kms", id) }),
});

export const KMS_TYPES: Record<string, ResourceType> = { [KEY]: key, "aws:kms/alias:Alias": alias };
