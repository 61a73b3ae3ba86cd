import { contextOf, statementApplies } from "../iam/match";
import { parsePolicy, type Statement } from "../iam/policy";
import type { AwsAccount } from "../account";
import type { DeployedResource, ResourceStore } from "../api";
import { findKey, type OtherKeys } from "../kms/keys";
import type { BlockDevice } from "./volume-refusal";

/** The key that AWS manages in each account for volumes, which any principal of the account may use there. */
const AWS_KEY = /(^|:)alias\/aws\/ebs$/;

/** What the service that launches an instance does with the key of its volumes. */
const KEY_ACTIONS = [
  "kms:CreateGrant",
  "kms:Decrypt",
  "kms:DescribeKey",
  "kms:Encrypt",
  "kms:GenerateDataKeyWithoutPlaintext",
  "kms:ReEncryptFrom",
  "kms:ReEncryptTo",
];

/**
 * The state reason of an instance that EC2 started for Auto Scaling and ended at once, because the key of a volume does
 * not let Auto Scaling's own role use it. The role has no permission of its own, so a key policy that leaves everything
 * to IAM, as the default does, is not enough. The policy of a key that the program did not create is not known here.
 */
export function keyFailure(
  store: ResourceStore,
  account: AwsAccount,
  devices: readonly BlockDevice[],
  otherKeys: OtherKeys,
): string | undefined {
  const unusable = devices.some(({ ebs }) => {
    if (ebs?.kmsKeyId === undefined || AWS_KEY.test(ebs.kmsKeyId)) return false;
    const key = findKey(store, ebs.kmsKeyId);
    return key === undefined ? otherKeys === "unprepared" : !isUsable(key, account);
  });
  return unusable ? "Client.InternalError: Client error on launch" : undefined;
}

function isUsable({ id, state }: DeployedResource, { accountId }: AwsAccount): boolean {
  if (state.isEnabled === false) return false;
  const role = `arn:aws:iam::${accountId}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling`;
  const statements = parsePolicy(state.policy, `policy of KMS key ${id}`, "resource").filter((statement) => names(statement, role));
  const context = contextOf({ "kms:GrantIsForAWSResource": "true", "aws:PrincipalArn": role, "kms:CallerAccount": accountId });
  return KEY_ACTIONS.every((action) => {
    const applying = statements.filter((statement) => statementApplies(statement, { action, resource: state.arn, context }));
    return applying.some(({ effect }) => effect === "Allow") && !applying.some(({ effect }) => effect === "Deny");
  });
}

function names({ principals = {} }: Statement, role: string): boolean {
  return principals.Any !== undefined || (principals.AWS ?? []).includes(role);
}
