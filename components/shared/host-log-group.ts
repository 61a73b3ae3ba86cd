import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { AwsEnvironment } from "./aws-environment";
import type { HostSettings } from "./host-args/settings";
import { type Statement, allow, arn } from "./policy";

export interface HostLogGroupParts {
  settings: Pick<HostSettings, "hostLogs" | "kmsKeyArn">;
  /** Name of the group in AWS. */
  groupName: string;
  tags: pulumi.Input<Record<string, string>>;
}

/** The log group of the hosts; none without `hostLogs`. Before the instances, so that it outlives the last of them. */
export function createHostLogGroup(
  name: string,
  { settings: { hostLogs, kmsKeyArn }, groupName, tags }: HostLogGroupParts,
  opts: pulumi.CustomResourceOptions,
): aws.cloudwatch.LogGroup[] {
  if (hostLogs === undefined) return [];
  const { retentionDays, kmsKeyArn: own } = hostLogs;
  const group = { name: groupName, retentionInDays: retentionDays, kmsKeyId: own ?? kmsKeyArn, tags };
  return [new aws.cloudwatch.LogGroup(`${name}-hosts`, group, opts)];
}

/**
 * Streams of the group. Not a host's own alone: a stream's name cannot hold `aws:userid`, whose colon AWS refuses there, so that
 * root on one host may write into the stream of another.
 */
const streamsOf = (environment: AwsEnvironment, groupName: string) => [arn(environment, "logs", `log-group:${groupName}:*`)];

/** What a host needs to deliver its log. It may read none. */
export function writeHostLog(environment: AwsEnvironment, groupName: string): Statement {
  return allow("WriteHostLog", ["logs:CreateLogStream", "logs:PutLogEvents"], streamsOf(environment, groupName));
}

/**
 * What a function needs to copy consoles into streams of hosts that have none, and to read the last job of a stream. Any instance's
 * console, because the pool's own lose their tags soon after their end, which is when they are read: the functions ask only for instances
 * of their group, by its events and its activities.
 */
export function copyConsoles(environment: AwsEnvironment, groupName: string): Statement[] {
  return [
    allow("CopyConsoleToLog", ["logs:CreateLogStream", "logs:GetLogEvents", "logs:PutLogEvents"], streamsOf(environment, groupName)),
    allow("ReadConsoles", ["ec2:GetConsoleOutput"], [arn(environment, "ec2", "instance/*")]),
  ];
}
