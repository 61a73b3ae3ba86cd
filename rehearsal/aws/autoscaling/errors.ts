import { NO_ACTIVE_ACTION } from "../../../contract/aws/lifecycle";
import { AwsError } from "../api";

/**
 * Auto Scaling's errors in AWS's wording, since programs match on these texts. All are HTTP 400; errors common to all
 * operations are in api-faults.ts.
 */

export function validation(message: string): AwsError {
  return new AwsError("ValidationError", message);
}

/** Already completed, expired, or nonexistent. If both a token and an instance are given, the message names the token. */
export function noActiveAction(token: string | undefined, instanceId: string | undefined): AwsError {
  return validation(token !== undefined ? `${NO_ACTIVE_ACTION} with token ${token}` : `${NO_ACTIVE_ACTION} with instance ID ${instanceId}`);
}

export function notProtectable(instanceId: string): AwsError {
  return validation(`The instance ${instanceId} is not in InService or EnteringStandby or Standby.`);
}

export function notInService(instanceId: string): AwsError {
  return validation(`The instance ${instanceId} is not in InService.`);
}

export function notDetachable(instanceId: string): AwsError {
  return validation(`The instance ${instanceId} is not in InService or Standby.`);
}

export function notInStandby(instanceId: string): AwsError {
  return validation(`The instance ${instanceId} is not in Standby.`);
}

export function noSuchGroup(name: string): AwsError {
  return validation(`AutoScalingGroup name not found - AutoScalingGroup '${name}' not found`);
}

export function noSuchInstance(instanceId: string): AwsError {
  return validation(`Instance Id not found - No managed instance found for instance ID: ${instanceId}`);
}

export function noSuchHook(name: string, group: string): AwsError {
  return validation(`No Lifecycle Hook found with name ${name} for AutoScalingGroup ${group}`);
}

export function aboveMax(value: number, max: number): AwsError {
  return validation(`New SetDesiredCapacity value ${value} is above max value ${max} for the AutoScalingGroup.`);
}

export function belowMin(value: number, min: number): AwsError {
  return validation(`New SetDesiredCapacity value ${value} is below min value ${min} for the AutoScalingGroup.`);
}

export function wouldViolateMin(min: number): AwsError {
  return validation(
    `Currently, desiredSize equals minSize (${min}). Terminating instance without replacement will violate group's ` +
      "min size constraint. Either set shouldDecrementDesiredCapacity flag to false or lower group's min size.",
  );
}

export function groupExists(name: string): AwsError {
  return new AwsError("AlreadyExists", `AutoScalingGroup by this name already exists - A group with the name ${name} already exists`);
}

export function groupInUse(): AwsError {
  return new AwsError(
    "ResourceInUse",
    "You cannot delete an AutoScalingGroup while there are instances or pending Spot instance request(s) still in the group.",
  );
}

/** The retention trigger protects jobs from a forced deletion, which runs no hooks. */
export function retentionForbidsForce(): AwsError {
  return validation("You can't force delete this Auto Scaling group because the TerminateHookAbandon retention trigger is set to retain");
}

export function protectedFromDeletion(protection: string): AwsError {
  return validation(`The Auto Scaling group cannot be deleted because its deletion protection is ${protection}`);
}

export function activityInProgress(): AwsError {
  return new AwsError(
    "ScalingActivityInProgress",
    "You cannot delete an AutoScalingGroup while there are scaling activities in progress for that group.",
  );
}

export function refreshInProgress(): AwsError {
  return new AwsError(
    "InstanceRefreshInProgress",
    "An Instance Refresh is already in progress and blocks the execution of this Instance Refresh.",
  );
}

export function noActiveRefresh(group: string): AwsError {
  return new AwsError("ActiveInstanceRefreshNotFound", `No in progress or pending Instance Refresh found for Auto Scaling group ${group}`);
}
