import { POOL_TAG, type PoolNames } from "../../../contract/actions-runner-pool/names";
import type { AwsEnvironment } from "../../shared/aws-environment";
import { logGroupName } from "../../shared/packaged-function";
import { type PolicyDocument, type Statement, allow, arn, policy } from "../../shared/policy";
import { groupArn, instanceArn, registrationSecretArn, stopDocumentArn } from "./arns";

/** What the functions' policies name beyond the pool's own names. */
export interface FunctionGrants {
  environment: AwsEnvironment;
  names: PoolNames;
  poolName: string;
  /** The App's private key or the token. */
  githubSecretArn: string;
  /** Set if that secret has a key of its own. */
  secretKmsKeyArn?: string;
  deadLetterQueueArn: string;
}

export function registerPolicy(grants: FunctionGrants): PolicyDocument {
  const { environment, names } = grants;
  return policy(...everyFunction(names.registerFunction, grants), provideTokens(environment, names));
}

function provideTokens(environment: AwsEnvironment, names: PoolNames): Statement {
  return allow(
    "ProvideRegistrationTokens",
    // CreateSecret with tags asks for TagResource too; a duplicate of the event replaces the value.
    ["secretsmanager:CreateSecret", "secretsmanager:TagResource", "secretsmanager:PutSecretValue"],
    [registrationSecretArn(environment, names)],
  );
}

export function deregisterPolicy(grants: FunctionGrants): PolicyDocument {
  const { environment, names, poolName } = grants;
  return policy(
    ...everyFunction(names.deregisterFunction, grants),
    // AWS wants both allowed: the document and the instance that it is sent to.
    allow("SendOnlyTheStop", ["ssm:SendCommand"], [stopDocumentArn(environment, names)]),
    allow("ToInstancesOfThePool", ["ssm:SendCommand"], [instanceArn(environment)], {
      StringEquals: { [`aws:ResourceTag/${POOL_TAG}`]: poolName },
    }),
    allow("SeeLifecycleStates", ["autoscaling:DescribeAutoScalingInstances"], ["*"]),
    allow("LetGoOfHostsThatAreOff", ["autoscaling:CompleteLifecycleAction"], [groupArn(environment, names)]),
    allow("RemoveLeftoverTokens", ["secretsmanager:DeleteSecret"], [registrationSecretArn(environment, names)]),
  );
}

export function sweepPolicy(grants: FunctionGrants): PolicyDocument {
  const { environment, names } = grants;
  return policy(
    ...everyFunction(names.sweepFunction, grants),
    allow(
      "SeeLifecycleStates",
      [
        "autoscaling:DescribeAutoScalingGroups",
        "autoscaling:DescribeAutoScalingInstances",
        "autoscaling:DescribeScalingActivities",
        "autoscaling:DescribeWarmPool",
      ],
      ["*"],
    ),
    allow("LetGoOfHostsThatAreOff", ["autoscaling:CompleteLifecycleAction"], [groupArn(environment, names)]),
    allow("EndRetainedInstances", ["autoscaling:TerminateInstanceInAutoScalingGroup"], [groupArn(environment, names)]),
    provideTokens(environment, names),
    allow("FindLeftoverTokens", ["secretsmanager:ListSecrets"], ["*"]),
    allow("RemoveLeftoverTokens", ["secretsmanager:DeleteSecret"], [registrationSecretArn(environment, names)]),
  );
}

/** The function may create its log stream, not the log group: the stack owns that, with its retention. */
function everyFunction(functionName: string, grants: FunctionGrants): Statement[] {
  const { environment, githubSecretArn, secretKmsKeyArn, deadLetterQueueArn } = grants;
  const statements = [
    allow(
      "WriteOwnLog",
      ["logs:CreateLogStream", "logs:PutLogEvents"],
      [arn(environment, "logs", `log-group:${logGroupName(functionName)}:*`)],
    ),
    allow("KeepWhatFailed", ["sqs:SendMessage"], [deadLetterQueueArn]),
    allow("ActAtGithub", ["secretsmanager:GetSecretValue"], [githubSecretArn]),
  ];
  if (secretKmsKeyArn !== undefined) statements.push(allow("DecryptGithubSecret", ["kms:Decrypt"], [secretKmsKeyArn]));
  return statements;
}
