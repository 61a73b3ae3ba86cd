import { join } from "node:path";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { type PolicyDocument, trust } from "./policy";

export interface PackagedFunctionArgs {
  /** Physical name; at most 64 characters. */
  functionName: string;
  description: string;
  /** Folder with the bundle `index.mjs`, whose export `handler` is called. */
  dir: string;
  /** MB. */
  memorySize: number;
  /** Seconds. */
  timeout: number;
  environment: Record<string, pulumi.Input<string>>;
  /** What the function may do, beyond writing its own log and dead letters. */
  policy: pulumi.Input<PolicyDocument>;
  /** Retries of an asynchronous invocation, 0 to 2, about 1 and 2 minutes apart. */
  retries: number;
  /** Seconds for which an asynchronous invocation is worth trying, 60 to 21600. */
  maximumEventAge: number;
  deadLetterQueueArn: pulumi.Input<string>;
  logRetentionDays: number;
  permissionsBoundaryArn?: pulumi.Input<string>;
  tags: pulumi.Input<Record<string, string>>;
}

export interface PackagedFunction {
  function: aws.lambda.Function;
  /** What has to be there before the function works as meant. */
  ready: pulumi.Resource[];
}

/**
 * A Node function on arm64 with a role, a log group that expires and a place for what failed. The log group is made
 * here: a function that creates its own creates it without an end, and again after the stack is gone.
 */
export function createPackagedFunction(name: string, args: PackagedFunctionArgs, parent: pulumi.Resource): PackagedFunction {
  const { tags } = args;
  const role = new aws.iam.Role(
    name,
    { assumeRolePolicy: JSON.stringify(trust("lambda.amazonaws.com")), permissionsBoundary: args.permissionsBoundaryArn, tags },
    { parent },
  );
  const permissions = new aws.iam.RolePolicy(
    name,
    { role: role.name, policy: pulumi.output(args.policy).apply((document) => JSON.stringify(document)) },
    { parent },
  );
  const logGroup = new aws.cloudwatch.LogGroup(
    name,
    { name: logGroupName(args.functionName), retentionInDays: args.logRetentionDays, tags },
    { parent },
  );
  const handler = new aws.lambda.Function(
    name,
    {
      name: args.functionName,
      description: args.description,
      role: role.arn,
      runtime: "nodejs24.x",
      architectures: ["arm64"],
      handler: "index.handler",
      code: new pulumi.asset.AssetArchive({ "index.mjs": new pulumi.asset.FileAsset(join(args.dir, "index.mjs")) }),
      memorySize: args.memorySize,
      timeout: args.timeout,
      environment: { variables: args.environment },
      tags,
    },
    { parent, dependsOn: [permissions, logGroup] },
  );
  const retries = new aws.lambda.FunctionEventInvokeConfig(
    name,
    {
      functionName: handler.name,
      maximumRetryAttempts: args.retries,
      maximumEventAgeInSeconds: args.maximumEventAge,
      destinationConfig: { onFailure: { destination: args.deadLetterQueueArn } },
    },
    { parent },
  );
  return { function: handler, ready: [handler, permissions, retries] };
}

export function logGroupName(functionName: string): string {
  return `/aws/lambda/${functionName}`;
}
