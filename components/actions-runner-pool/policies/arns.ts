import type { PoolNames } from "../../../contract/actions-runner-pool/names";
import { type Place, arn } from "../../shared/policy";

/**
 * The group's ARN holds a UUID that is not known before the group exists, and the policies must exist before the
 * group; the name alone is unique in an account and Region.
 */
export function groupArn(place: Place, names: PoolNames): string {
  return arn(place, "autoscaling", `autoScalingGroup:*:autoScalingGroupName/${names.group}`);
}

export function registrationSecretArn(place: Place, names: PoolNames): string {
  return arn(place, "secretsmanager", `secret:${names.secretPrefix}*`);
}

export function stopDocumentArn(place: Place, names: PoolNames): string {
  return arn(place, "ssm", `document/${names.stopDocument}`);
}

export function instanceArn(place: Place): string {
  return arn(place, "ec2", "instance/*");
}
