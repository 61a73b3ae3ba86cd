import { POOL_TAG, type PoolNames } from "../../../contract/actions-runner-pool/names";
import { logGroupName } from "../../shared/packaged-function";
import { type Place, type PolicyDocument, type Statement, allow, arn, policy } from "../../shared/policy";
import { groupArn, instanceArn, registrationSecretArn, stopDocumentArn } from "./arns";

/** What the functions' policies name beyond the pool's own names. */
export interface FunctionGrants {
  place: Place;
  names: PoolNames;
  poolName: string;
  /** The App's private key or the token. */
  githubSecretArn: string;
  /** Set if that secret has a key of its own. */
  secretKmsKeyArn?: string;
  deadLetterQueueArn: string;
}

export function registerPolicy(grants: FunctionGrants): PolicyDocument {
  const { place, names } = grants;
  return policy(...everyFunction(names.registerFunction, grants), provideTokens(place, names));
}

function provideTokens(place: Place, names: PoolNames): Statement {
  return allow(
    "ProvideRegistrationTokens",
    // CreateSecret with tags asks for TagResource too; a duplicate of the event replaces the value.
    ["secretsmanager:CreateSecret", "secretsmanager:TagResource", "secretsmanager:PutSecretValue"],
    [registrationSecretArn(place, names)],
  );
}

export function deregisterPolicy(grants: FunctionGrants): PolicyDocument {
  const { place, names, poolName } = grants;
  return policy(
    ...everyFunction(names.deregisterFunction, grants),
    // AWS wants both allowed: the document and the instance that it is sent to.
    allow("SendOnlyTheStop", ["ssm:SendCommand"], [stopDocumentArn(place, names)]),
    allow("ToInstancesOfThePool", ["ssm:SendCommand"], [instanceArn(place)], {
      StringEquals: { [`aws:ResourceTag/${POOL_TAG}`]: poolName },
    }),
    allow("SeeLifecycleStates", ["autoscaling:DescribeAutoScalingInstances"], ["*"]),
    allow("LetGoOfHostsThatAreOff", ["autoscaling:CompleteLifecycleAction"], [groupArn(place, names)]),
    allow("RemoveLeftoverTokens", ["secretsmanager:DeleteSecret"], [registrationSecretArn(place, names)]),
  );
}

export function sweepPolicy(grants: FunctionGrants): PolicyDocument {
  const { place, names } = grants;
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
    allow("LetGoOfHostsThatAreOff", ["autoscaling:CompleteLifecycleAction"], [groupArn(place, names)]),
    allow("EndRetainedInstances", ["autoscaling:TerminateInstanceInAutoScalingGroup"], [groupArn(place, names)]),
    provideTokens(place, names),
    allow("FindLeftoverTokens", ["secretsmanager:ListSecrets"], ["*"]),
    allow("RemoveLeftoverTokens", ["secretsmanager:DeleteSecret"], [registrationSecretArn(place, names)]),
  );
}

/** The group may create the stream but not the group: the stack does that, with an end to its retention. */
function everyFunction(functionName: string, grants: FunctionGrants): Statement[] {
  const { place, githubSecretArn, secretKmsKeyArn, deadLetterQueueArn } = grants;
  const statements = [
    allow("WriteOwnLog", ["logs:CreateLogStream", "logs:PutLogEvents"], [arn(place, "logs", `log-group:${logGroupName(functionName)}:*`)]),
    allow("KeepWhatFailed", ["sqs:SendMessage"], [deadLetterQueueArn]),
    allow("ActAtGithub", ["secretsmanager:GetSecretValue"], [githubSecretArn]),
  ];
  if (secretKmsKeyArn !== undefined) statements.push(allow("DecryptGithubSecret", ["kms:Decrypt"], [secretKmsKeyArn]));
  return statements;
}
