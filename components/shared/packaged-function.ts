import { join } from "node:path";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { AwsEnvironment } from "./aws-environment";
import { type PolicyDocument, type Statement, allow, arn, trust } from "./policy";

export interface PackagedFunctionParts {
  /** Physical name; at most 64 characters. */
  functionName: string;
  description: string;
  /** Folder with the bundle `index.mjs`, whose export `handler` is invoked. */
  dir: string;
  /** Further text files of the archive, by name; the function finds them in the folder `LAMBDA_TASK_ROOT`. */
  files?: pulumi.Input<Record<string, string>>;
  /** MB. */
  memorySize: number;
  /** Seconds. */
  timeout: number;
  environment: Record<string, pulumi.Input<string>>;
  /** Absent: the function runs in no VPC and reaches public addresses only. Its policy needs `vpcStatements`. */
  vpc?: { subnetIds: pulumi.Input<string[]>; securityGroupIds: pulumi.Input<string[]> };
  /** All permissions of the function, including those for its log and its dead-letter queue. */
  policy: pulumi.Input<PolicyDocument>;
  /** Retries of an asynchronous invocation, 0 to 2, after about 1 and 2 minutes. */
  retries: number;
  /** Seconds for which Lambda retries an asynchronous invocation, 60 to 21600. */
  maximumEventAge: number;
  deadLetterQueueArn: pulumi.Input<string>;
  logRetentionDays: number;
  /** The customer's key that encrypts the log; its policy must admit CloudWatch Logs. */
  kmsKeyArn?: pulumi.Input<string>;
  permissionsBoundaryArn?: pulumi.Input<string>;
  tags: pulumi.Input<Record<string, string>>;
}

export interface PackagedFunction {
  function: aws.lambda.Function;
  /** Resources that must exist before the function works as intended. */
  ready: pulumi.Resource[];
}

/**
 * A Node function on arm64 with a role, a log group with retention and a destination for failed invocations. The log
 * group is created here, because one that a function creates never expires, and is created again after the stack is
 * deleted.
 */
export function createPackagedFunction(name: string, parts: PackagedFunctionParts, opts: pulumi.CustomResourceOptions): PackagedFunction {
  const { tags } = parts;
  const role = new aws.iam.Role(
    name,
    { assumeRolePolicy: JSON.stringify(trust("lambda.amazonaws.com")), permissionsBoundary: parts.permissionsBoundaryArn, tags },
    opts,
  );
  const permissions = new aws.iam.RolePolicy(
    name,
    { role: role.name, policy: pulumi.output(parts.policy).apply((document) => JSON.stringify(document)) },
    opts,
  );
  const logGroup = new aws.cloudwatch.LogGroup(
    name,
    { name: logGroupName(parts.functionName), retentionInDays: parts.logRetentionDays, kmsKeyId: parts.kmsKeyArn, tags },
    opts,
  );
  const handler = new aws.lambda.Function(
    name,
    {
      name: parts.functionName,
      description: parts.description,
      role: role.arn,
      runtime: "nodejs24.x",
      architectures: ["arm64"],
      handler: "index.handler",
      code: archive(parts),
      memorySize: parts.memorySize,
      timeout: parts.timeout,
      environment: { variables: parts.environment },
      vpcConfig: parts.vpc,
      tags,
    },
    { ...opts, dependsOn: [permissions, logGroup] },
  );
  const retries = new aws.lambda.FunctionEventInvokeConfig(
    name,
    {
      functionName: handler.name,
      maximumRetryAttempts: parts.retries,
      maximumEventAgeInSeconds: parts.maximumEventAge,
      destinationConfig: { onFailure: { destination: parts.deadLetterQueueArn } },
    },
    opts,
  );
  return { function: handler, ready: [handler, permissions, retries] };
}

/** Its hash depends only on the content, so the same files are no change. */
function archive({ dir, files = {} }: PackagedFunctionParts): pulumi.Output<pulumi.asset.Archive> {
  return pulumi.output(files).apply((texts) => {
    const others = Object.entries(texts).map(([name, text]) => [name, new pulumi.asset.StringAsset(text)]);
    return new pulumi.asset.AssetArchive({
      "index.mjs": new pulumi.asset.FileAsset(join(dir, "index.mjs")),
      ...Object.fromEntries(others),
    });
  });
}

/** What Lambda needs of a function's role to attach the function to a VPC. AWS has nothing narrower that works. */
const ATTACH = [
  "ec2:AssignPrivateIpAddresses",
  "ec2:CreateNetworkInterface",
  "ec2:DeleteNetworkInterface",
  "ec2:DescribeNetworkInterfaces",
  "ec2:DescribeSubnets",
  "ec2:UnassignPrivateIpAddresses",
];

/** Permissions of a function in a VPC: for Lambda itself, and for no call that the function's code makes. */
export function vpcStatements(environment: AwsEnvironment, functionName: string): Statement[] {
  const ownCalls = { ArnEquals: { "lambda:SourceFunctionArn": arn(environment, "lambda", `function:${functionName}`) } };
  return [allow("AttachToVpc", ATTACH, ["*"]), { ...allow("OnlyLambdaItself", ATTACH, ["*"], ownCalls), Effect: "Deny" }];
}

export function logGroupName(functionName: string): string {
  return `/aws/lambda/${functionName}`;
}
