import type { PersistentRunnerNames } from "../../../contract/persistent-runner/names";
import type { AwsEnvironment } from "../../shared/aws-environment";
import { arn } from "../../shared/policy";

export function leaseTableArn(environment: AwsEnvironment, names: PersistentRunnerNames): string {
  return arn(environment, "dynamodb", `table/${names.leaseTable}`);
}

/**
 * Secrets Manager appends a dash and six characters to the name. Until the secret exists there are none: without the first ARN, a
 * read would then be denied instead of finding nothing.
 */
export function orderSecretArns(environment: AwsEnvironment, names: PersistentRunnerNames): string[] {
  const secret = arn(environment, "secretsmanager", `secret:${names.orderSecret}`);
  return [secret, `${secret}-??????`];
}

export function instanceArn(environment: AwsEnvironment, instanceId: string): string {
  return arn(environment, "ec2", `instance/${instanceId}`);
}

/**
 * Keys of a volume that was given none: the account's default for EBS, of the day on which the volume was made, which may be a customer's
 * key. With EC2's part in the call, a holder of the right reaches no more keys than those of the volumes that it may have attached.
 */
export function accountKeysArn(environment: AwsEnvironment): string {
  return arn(environment, "kms", "key/*");
}

export function controlFunctionArn(environment: AwsEnvironment, names: PersistentRunnerNames): string {
  return arn(environment, "lambda", `function:${names.controlFunction}`);
}
