import { POOL_TAG, type PoolNames } from "../../../contract/actions-runner-pool/names";
import { removeFormerObjects } from "../../shared/host-bundle";
import { copyConsoles } from "../../shared/host-log-group";
import { ENCRYPT, type FunctionNeeds, functionStatements } from "../../shared/function-statements";
import { type PolicyDocument, type Statement, allow, allowKey, policy } from "../../shared/policy";
import { groupArn, instanceArn, registrationSecretArn, sharedTokenArns, stopDocumentArn } from "./arns";

/** The values from which the functions' policies are built. */
export interface FunctionGrants extends FunctionNeeds {
  names: PoolNames;
  poolName: string;
  /** Bucket of the host bundles. */
  bundleBucketArn: string;
  /** Whether the hosts deliver their logs. */
  hostLogs: boolean;
}

export function registerPolicy(grants: FunctionGrants): PolicyDocument {
  return policy(...functionStatements(grants.names.registerFunction, grants), ...provideTokens(grants));
}

/** Of an instance that delivered nothing, as one that never bootstrapped. */
function copyHostConsoles({ environment, names, hostLogs }: FunctionGrants): Statement[] {
  return hostLogs ? copyConsoles(environment, names.hostLogGroup) : [];
}

function provideTokens({ environment, names, kmsKeyArn }: FunctionGrants): Statement[] {
  const provide = allow(
    "ProvideRegistrationTokens",
    // CreateSecret with tags also requires TagResource; for a duplicate event the function replaces the value.
    ["secretsmanager:CreateSecret", "secretsmanager:TagResource", "secretsmanager:PutSecretValue"],
    [registrationSecretArn(environment, names)],
  );
  const share = allow("ShareRegistrationToken", ["secretsmanager:GetSecretValue"], sharedTokenArns(environment, names));
  if (kmsKeyArn === undefined) return [provide, share];
  return [provide, share, allowKey("EncryptRegistrationTokens", environment, kmsKeyArn, "secretsmanager", ENCRYPT)];
}

export function deregisterPolicy(grants: FunctionGrants): PolicyDocument {
  const { environment, names, poolName } = grants;
  return policy(
    ...functionStatements(names.deregisterFunction, grants),
    // SendCommand requires both: the document and the instance to which it is sent.
    allow("SendStopDocument", ["ssm:SendCommand"], [stopDocumentArn(environment, names)]),
    allow("ToInstancesOfThePool", ["ssm:SendCommand"], [instanceArn(environment)], {
      StringEquals: { [`aws:ResourceTag/${POOL_TAG}`]: poolName },
    }),
    allow("ReadLifecycleStates", ["autoscaling:DescribeAutoScalingInstances"], ["*"]),
    allow("ReadPowerStates", ["ec2:DescribeInstances"], ["*"]),
    allow("CompleteForHostsThatAreOff", ["autoscaling:CompleteLifecycleAction"], [groupArn(environment, names)]),
    allow("RemoveLeftoverTokens", ["secretsmanager:DeleteSecret"], [registrationSecretArn(environment, names)]),
    ...copyHostConsoles(grants),
  );
}

export function sweepPolicy(grants: FunctionGrants): PolicyDocument {
  const { environment, names, bundleBucketArn } = grants;
  return policy(
    ...functionStatements(names.sweepFunction, grants),
    allow(
      "ReadLifecycleStates",
      [
        "autoscaling:DescribeAutoScalingGroups",
        "autoscaling:DescribeAutoScalingInstances",
        "autoscaling:DescribeInstanceRefreshes",
        "autoscaling:DescribeScalingActivities",
        "autoscaling:DescribeWarmPool",
      ],
      ["*"],
    ),
    allow("ReadPowerStates", ["ec2:DescribeInstances"], ["*"]),
    // When the group's version was created tells which refreshes led to it. IAM cannot limit the action to one template.
    allow("ReadLaunchTemplateVersions", ["ec2:DescribeLaunchTemplateVersions"], ["*"]),
    allow("CompleteForHostsThatAreOff", ["autoscaling:CompleteLifecycleAction"], [groupArn(environment, names)]),
    // Without a desired configuration: one would need the rights to launch instances.
    allow(
      "BringTheLaunchTemplateToAllInstances",
      ["autoscaling:CancelInstanceRefresh", "autoscaling:StartInstanceRefresh"],
      [groupArn(environment, names)],
    ),
    allow("TerminateRetainedInstances", ["autoscaling:TerminateInstanceInAutoScalingGroup"], [groupArn(environment, names)]),
    ...provideTokens(grants),
    ...removeFormerObjects(bundleBucketArn),
    allow("FindLeftoverTokens", ["secretsmanager:ListSecrets"], ["*"]),
    allow("RemoveLeftoverTokens", ["secretsmanager:DeleteSecret"], [registrationSecretArn(environment, names)]),
    ...copyHostConsoles(grants),
  );
}
