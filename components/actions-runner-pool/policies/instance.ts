import { BUNDLE_PREFIX } from "../../../contract/shared/host-bundle";
import type { PoolNames } from "../../../contract/actions-runner-pool/names";
import { OWNER_TAG } from "../../../contract/shared/owned-secret";
import type { AwsEnvironment } from "../../shared/aws-environment";
import { writeHostLog } from "../../shared/host-log-group";
import { countHostEvents } from "../../shared/host-metrics";
import { type PolicyDocument, allow, allowKey, policy } from "../../shared/policy";
import { groupArn, instanceArn, registrationSecretArn } from "./arns";

/**
 * What an instance may do. IAM cannot restrict the lifecycle calls to the calling instance, so each instance may make
 * them for the whole group: that is why jobs have no access to these credentials.
 *
 * @param bucketArn ARN of the bucket that holds the host bundle.
 * @param kmsKeyArn of the customer's key that encrypts it and the registration tokens.
 * @param logs whether the instances deliver their logs. CloudWatch Logs uses a key of the group in its own name.
 */
export function hostPolicy(
  environment: AwsEnvironment,
  names: PoolNames,
  bucketArn: string,
  kmsKeyArn?: string,
  logs = false,
): PolicyDocument {
  const decrypt = (sid: string, service: string) => allowKey(sid, environment, kmsKeyArn!, service, ["kms:Decrypt"]);
  return policy(
    ...(kmsKeyArn === undefined ? [] : [decrypt("DecryptHostBundle", "s3"), decrypt("DecryptRegistrationToken", "secretsmanager")]),
    allow("FetchHostBundle", ["s3:GetObject"], [`${bucketArn}/${BUNDLE_PREFIX}*`]),
    allow("SeeOwnLifecycleState", ["autoscaling:DescribeAutoScalingInstances"], ["*"]),
    allow("ProtectWhileBusy", ["autoscaling:SetInstanceProtection"], [groupArn(environment, names)]),
    // Drains, unlike EC2's own termination, and honours a suspended ReplaceUnhealthy, unlike Auto Scaling's.
    allow("ReplaceOnFullDisk", ["autoscaling:SetInstanceHealth"], [groupArn(environment, names)]),
    allow(
      "HoldAndEndLifecycleActions",
      ["autoscaling:CompleteLifecycleAction", "autoscaling:RecordLifecycleActionHeartbeat"],
      [groupArn(environment, names)],
    ),
    allow(
      "UseOwnRegistrationToken",
      ["secretsmanager:GetSecretValue", "secretsmanager:DeleteSecret"],
      [registrationSecretArn(environment, names)],
      { StringEquals: { [`aws:ResourceTag/${OWNER_TAG}`]: "${aws:userid}" } },
    ),
    ...(logs ? [writeHostLog(environment, names.hostLogGroup)] : []),
    // ForcedStops, FullDisks, RefusedJobs, FailedRenewals and HostLogFailures.
    countHostEvents(),
    allow("AnswerRunCommand", ["ssm:UpdateInstanceInformation"], [instanceArn(environment)]),
    allow(
      "ReceiveRunCommand",
      [
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
      ],
      ["*"],
    ),
  );
}
