import { POOL_TAG, type PoolNames } from "../../../contract/actions-runner-pool/names";
import { BUNDLE_PREFIX } from "../../../contract/shared/host-bundle";
import type { AwsEnvironment } from "../../shared/aws-environment";
import { logGroupName, vpcStatements } from "../../shared/packaged-function";
import { type PolicyDocument, type Statement, allow, allowKey, arn, policy } from "../../shared/policy";
import { groupArn, instanceArn, registrationSecretArn, sharedTokenArns, stopDocumentArn } from "./arns";

/** The values from which the functions' policies are built. */
export interface FunctionGrants {
  environment: AwsEnvironment;
  names: PoolNames;
  poolName: string;
  /** Secret with the App's private key or the token. */
  githubSecretArn: string;
  /** Set if that secret is encrypted with its own KMS key. */
  secretKmsKeyArn?: string;
  /** Set if registration tokens and dead letters are encrypted with a customer's key. */
  kmsKeyArn?: string;
  deadLetterQueueArn: string;
  /** Bucket of the host bundles. */
  bundleBucketArn: string;
  /** The functions run in a VPC. */
  inVpc?: boolean;
}

/** Secrets Manager and SQS need both to store something: the data key, and its decryption when they use it again. */
const ENCRYPT = ["kms:GenerateDataKey", "kms:Decrypt"];

export function registerPolicy(grants: FunctionGrants): PolicyDocument {
  return policy(...everyFunction(grants.names.registerFunction, grants), ...provideTokens(grants));
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
    ...everyFunction(names.deregisterFunction, grants),
    // SendCommand requires both: the document and the instance to which it is sent.
    allow("SendStopDocument", ["ssm:SendCommand"], [stopDocumentArn(environment, names)]),
    allow("ToInstancesOfThePool", ["ssm:SendCommand"], [instanceArn(environment)], {
      StringEquals: { [`aws:ResourceTag/${POOL_TAG}`]: poolName },
    }),
    allow("ReadLifecycleStates", ["autoscaling:DescribeAutoScalingInstances"], ["*"]),
    allow("CompleteForHostsThatAreOff", ["autoscaling:CompleteLifecycleAction"], [groupArn(environment, names)]),
    allow("RemoveLeftoverTokens", ["secretsmanager:DeleteSecret"], [registrationSecretArn(environment, names)]),
  );
}

export function sweepPolicy(grants: FunctionGrants): PolicyDocument {
  const { environment, names, bundleBucketArn } = grants;
  return policy(
    ...everyFunction(names.sweepFunction, grants),
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
    allow("FindHostBundles", ["s3:ListBucket"], [bundleBucketArn], { StringEquals: { "s3:prefix": BUNDLE_PREFIX } }),
    allow("RemoveOldHostBundles", ["s3:DeleteObject"], [`${bundleBucketArn}/${BUNDLE_PREFIX}*`]),
    allow("FindLeftoverTokens", ["secretsmanager:ListSecrets"], ["*"]),
    allow("RemoveLeftoverTokens", ["secretsmanager:DeleteSecret"], [registrationSecretArn(environment, names)]),
  );
}

/** The function may create its log stream, not the log group: the stack owns that, with its retention. */
function everyFunction(functionName: string, grants: FunctionGrants): Statement[] {
  const { environment, githubSecretArn, secretKmsKeyArn, kmsKeyArn, deadLetterQueueArn } = grants;
  const statements = [
    allow(
      "WriteOwnLog",
      ["logs:CreateLogStream", "logs:PutLogEvents"],
      [arn(environment, "logs", `log-group:${logGroupName(functionName)}:*`)],
    ),
    allow("SendToDeadLetterQueue", ["sqs:SendMessage"], [deadLetterQueueArn]),
    allow("ReadGithubSecret", ["secretsmanager:GetSecretValue"], [githubSecretArn]),
  ];
  if (secretKmsKeyArn !== undefined) {
    statements.push(allowKey("DecryptGithubSecret", environment, secretKmsKeyArn, "secretsmanager", ["kms:Decrypt"]));
  }
  if (kmsKeyArn !== undefined) statements.push(allowKey("EncryptDeadLetters", environment, kmsKeyArn, "sqs", ENCRYPT));
  if (grants.inVpc) statements.push(...vpcStatements(environment, functionName));
  return statements;
}
