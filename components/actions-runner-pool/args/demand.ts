import type * as pulumi from "@pulumi/pulumi";
import type { WebhookArgs } from "../../workflow-jobs/args/webhook";

/**
 * The pool follows its queue: it launches for jobs that wait, from zero too, and terminates instances that idle, each through its
 * drain. The queue comes from a `WorkflowJobs` that several pools share (`source`), or from one that the pool creates.
 */
export interface DemandArgs {
  /** A `WorkflowJobs` of the same account and Region. Excludes `webhook` and `ours`. Default: the pool makes its own. */
  source?: DemandSourceArgs;

  /** Who owns the webhook of the pool's own source. Requires `github.app`. Excludes `source`. Default: the App's own webhook. */
  webhook?: WebhookArgs;

  /**
   * Patterns of labels of the pool's own source: a job with a matching label is ours, and reported if no pool serves it. Excludes
   * `source`. Limits: at most 50, with `*` for any characters, and not only `*`. Default: none.
   */
  ours?: string[];

  /**
   * Seconds for which an instance idles before it may terminate. A shorter time launches more often, a longer one pays for more idle
   * time. Limits: 0 to 86400. Default: 60.
   */
  idleTimeout?: number;

  /** Number of runners that are kept idle, or starting, beyond the queue. Limits: 0 to `maxSize`. Default: 0. */
  minIdle?: number;

  /** Times at which the pool keeps a number of instances in service, such as working hours. Limits: at most 20. Default: none. */
  schedules?: DemandScheduleArgs[];

  /**
   * Of several pools that can run a job and have equally few labels besides the job's, the one with the highest priority serves it.
   * Limits: -1000 to 1000. Default: 0.
   */
  priority?: number;

  /**
   * Runs the failed jobs of a job's run again, once, if GitHub did not assign the job although a runner with its labels idled, and then
   * ended it. A job that a person or a newer push cancels meanwhile looks the same, and is run again, too. Requires "Actions: write" of
   * the App of the source. Default: false.
   */
  rerunLostJobs?: boolean;
}

/** The outputs of a `WorkflowJobs` that a pool needs. */
export interface DemandSourceArgs {
  /** Its output `workflowJobsName`. */
  workflowJobsName: pulumi.Input<string>;

  /** Its output `tableArn`. */
  tableArn: pulumi.Input<string>;

  /** Its output `kmsKeyArn`. Required if it has one, or the pool could not read the table. Default: none. */
  kmsKeyArn?: pulumi.Input<string>;
}

/** A floor of instances in service, from each time that `cron` names. */
export interface DemandScheduleArgs {
  /** Five fields: minute, hour, day of the month, month, day of the week, such as `0 8 * * 1-5`. */
  cron: string;

  /** Name of the time zone of `cron` in the IANA database, such as `Europe/Berlin`. Default: `UTC`. */
  timeZone?: string;

  /** Seconds for which the floor holds. Limits: 60 to 604800. */
  duration: number;

  /** Number of instances. Limits: 1 to the pool's `maxSize`. */
  minSize: number;
}
