import type { PoolNames } from "../../../contract/actions-runner-pool/names";
import type { AwsEnvironment } from "../../shared/aws-environment";
import { arn } from "../../shared/policy";

/**
 * The group's ARN holds a UUID that is not known before the group exists, and the policies must exist before the
 * group; the name alone is unique in an account and Region.
 */
export function groupArn(environment: AwsEnvironment, names: PoolNames): string {
  return arn(environment, "autoscaling", `autoScalingGroup:*:autoScalingGroupName/${names.group}`);
}

export function registrationSecretArn(environment: AwsEnvironment, names: PoolNames): string {
  return arn(environment, "secretsmanager", `secret:${names.secretPrefix}*`);
}

export function stopDocumentArn(environment: AwsEnvironment, names: PoolNames): string {
  return arn(environment, "ssm", `document/${names.stopDocument}`);
}

export function instanceArn(environment: AwsEnvironment): string {
  return arn(environment, "ec2", "instance/*");
}
