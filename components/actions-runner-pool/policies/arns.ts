import { type PoolNames, sharedTokenName } from "../../../contract/actions-runner-pool/names";
import type { AwsEnvironment } from "../../shared/aws-environment";
import { arn } from "../../shared/policy";

/**
 * With a wildcard for the UUID: it is not known until the group exists, and the policies must exist before the group.
 * The name alone is unique in an account and Region.
 */
export function groupArn(environment: AwsEnvironment, names: PoolNames): string {
  return arn(environment, "autoscaling", `autoScalingGroup:*:autoScalingGroupName/${names.group}`);
}

export function registrationSecretArn(environment: AwsEnvironment, names: PoolNames): string {
  return arn(environment, "secretsmanager", `secret:${names.secretPrefix}*`);
}

/**
 * Secrets Manager appends a dash and six characters to the name. Until the secret exists there are none: without the first
 * ARN, a read would then be denied instead of finding nothing.
 */
export function sharedTokenArns(environment: AwsEnvironment, names: PoolNames): string[] {
  const secret = arn(environment, "secretsmanager", `secret:${sharedTokenName(names.secretPrefix)}`);
  return [secret, `${secret}-??????`];
}

export function stopDocumentArn(environment: AwsEnvironment, names: PoolNames): string {
  return arn(environment, "ssm", `document/${names.stopDocument}`);
}

export function instanceArn(environment: AwsEnvironment): string {
  return arn(environment, "ec2", "instance/*");
}
