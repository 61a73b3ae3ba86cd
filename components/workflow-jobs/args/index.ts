import type * as pulumi from "@pulumi/pulumi";
import type { WorkflowJobsFunctionsArgs } from "./functions";
import type { WorkflowJobsGithubArgs } from "./github";
import type { WebhookArgs } from "./webhook";

/**
 * Arguments of a source of demand. Values that decide which resources exist, and every value that is validated against another, are
 * plain; values that are only passed through are inputs.
 */
export interface WorkflowJobsArgs {
  /**
   * Name in AWS: the name of the table, from which the names of functions, rule, queue and secret derive. Unique in an account and
   * Region. Limits: letters, digits, `-` and `_`, starting with a letter; 3 to 54 characters, because Lambda allows 64 and the longest
   * suffix takes 10. Default: `<project>-<stack>-<resource name>`.
   */
  workflowJobsName?: string;

  /** Value of the tag `ci-runners:release` on every resource: the tag of a release, or `main`. Default: `v<version of this package>`. */
  release?: string;

  /** Whose jobs are recorded, and the App that reads them. */
  github: WorkflowJobsGithubArgs;

  /** Who owns the webhook that delivers the jobs. */
  webhook?: WebhookArgs;

  /**
   * Patterns of labels: a job with a matching label is ours, and reported if no pool serves it, like one with the label `self-hosted`.
   * `*` stands for any characters; case is ignored. Other jobs that no pool serves are not recorded. Limits: at most 50, each of 1 to
   * 256 characters without spaces, commas, quotes, dollar signs or backslashes, and not only `*`. Default: none.
   */
  ours?: string[];

  /**
   * Whether a pool of this source sets `demand.rerunLostJobs`. True makes the deployment fail if the App lacks "Actions: write", which
   * that needs; it changes nothing else. Default: false.
   */
  rerunLostJobs?: boolean;

  /**
   * ARN of a customer managed KMS key in the same Region, for accounts where AWS's own keys do not suffice. It encrypts the table, the
   * webhook's secret, the functions' logs and the dead letters. Its key policy must admit EventBridge and CloudWatch Logs: see the guide
   * for organizations. Limits: the ARN of a key, not of an alias. Default: AWS's own keys.
   */
  kmsKeyArn?: pulumi.Input<string>;

  /** The network of the functions. */
  functions?: WorkflowJobsFunctionsArgs;

  /** Permissions boundary of every role. Default: none. */
  permissionsBoundaryArn?: pulumi.Input<string>;

  /** Days for which the functions' logs are kept. Limits: one of the retention periods of CloudWatch Logs. Default: 30. */
  logRetentionDays?: number;

  /** SNS topic that the alarms notify. Default: the alarms change state but notify no one. */
  alarmTopicArn?: pulumi.Input<string>;

  /**
   * Tags of every resource. Limits: with the provider's default tags and the 3 of the component at most 50; keys of 1 to 127 and values
   * of up to 256 letters, digits, spaces and `_.:/=+-@`; no two keys that differ only in case, also from `Name`; no key that starts with
   * `aws:` or `ci-runners:`. Default: only the component's own.
   */
  tags?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}
