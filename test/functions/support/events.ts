import { poolNames } from "../../../contract/actions-runner-pool/names";

export const POOL = "ci-dev";
export const NAMES = poolNames(POOL);
export const INSTANCE = "i-0123456789abcdef0";
export const TOKEN = "87654321-4321-4321-4321-210987654321";

type Overrides = Record<string, unknown>;

function event(detailType: string, detail: Overrides): Overrides {
  return {
    version: "0",
    id: "12345678-1234-1234-1234-123456789012",
    "detail-type": detailType,
    source: "aws.autoscaling",
    account: "123456789012",
    time: "2026-11-22T03:00:00Z",
    region: "eu-central-1",
    resources: [],
    detail,
  };
}

export const launchEvent = (detail: Overrides = {}): Overrides =>
  event("EC2 Instance-launch Lifecycle Action", {
    LifecycleActionToken: TOKEN,
    AutoScalingGroupName: NAMES.group,
    LifecycleHookName: NAMES.launchHook,
    EC2InstanceId: INSTANCE,
    LifecycleTransition: "autoscaling:EC2_INSTANCE_LAUNCHING",
    Origin: "EC2",
    Destination: "AutoScalingGroup",
    ...detail,
  });

export const terminateEvent = (detail: Overrides = {}): Overrides =>
  event("EC2 Instance-terminate Lifecycle Action", {
    LifecycleActionToken: TOKEN,
    AutoScalingGroupName: NAMES.group,
    LifecycleHookName: NAMES.terminateHook,
    EC2InstanceId: INSTANCE,
    LifecycleTransition: "autoscaling:EC2_INSTANCE_TERMINATING",
    Origin: "AutoScalingGroup",
    Destination: "EC2",
    ...detail,
  });

export const terminatedEvent = (detail: Overrides = {}): Overrides =>
  event("EC2 Instance Terminate Successful", {
    StatusCode: "InProgress",
    Description: `Terminating EC2 instance: ${INSTANCE}`,
    AutoScalingGroupName: NAMES.group,
    ActivityId: "5f7e7b4c-0000-4000-8000-000000000000",
    EC2InstanceId: INSTANCE,
    Origin: "AutoScalingGroup",
    Destination: "EC2",
    ...detail,
  });
