import type * as pulumi from "@pulumi/pulumi";

/**
 * Delivers the logs of each instance to CloudWatch Logs, where they outlive it: one stream per instance, in a group of the component,
 * with the console of an instance that could not deliver its own.
 */
export interface HostLogsArgs {
  /** Days for which they are kept. Limits: one of the retention periods of CloudWatch Logs. Default: `logRetentionDays`. */
  retentionDays?: number;

  /** ARN of a customer managed KMS key that encrypts them. Limits: the ARN of a key, not of an alias. Default: the key of `kmsKeyArn`. */
  kmsKeyArn?: pulumi.Input<string>;

  /** Also the runner's own diagnostic logs. A job can write to them. Default: true. */
  diagnostics?: boolean;
}

export interface LogArgs {
  /** Delivers the logs of instances to CloudWatch Logs. Default: they are only on the instance, and end with it. */
  hostLogs?: HostLogsArgs;
}
