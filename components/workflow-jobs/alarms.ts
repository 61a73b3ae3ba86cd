import type * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { METRIC_NAMESPACE } from "../../contract/shared/metrics";
import { SOURCE_METRIC, WORKFLOW_JOBS_DIMENSION } from "../../contract/workflow-jobs/metrics";
import { DEMAND_TIMING } from "../../contract/workflow-jobs/timing";
import {
  type DeadManAlarm,
  type MetricAlarm,
  createAlarm,
  createDeadManAlarm,
  deadLetterAlarm,
  functionErrors,
  scheduleAlarm,
} from "../shared/metric-alarm";
import type { PackagedFunction } from "../shared/packaged-function";
import type { FunctionKey } from "./function-settings";
import type { WorkflowJobsSettings } from "./settings";

export interface SourceAlarmParts {
  settings: WorkflowJobsSettings;
  functions: Record<FunctionKey, PackagedFunction>;
  deadLetters: aws.sqs.Queue;
  tags: pulumi.Output<Record<string, string>>;
}

/** One alarm for each condition that an operator must know about. */
export function createAlarms(name: string, parts: SourceAlarmParts, opts: pulumi.CustomResourceOptions): void {
  const { settings, tags } = parts;
  const common = { prefix: settings.workflowJobsName, topicArn: settings.alarmTopicArn, tags };
  for (const alarm of alarms(parts)) createAlarm(name, { ...common, alarm }, opts);
  for (const alarm of deadMen(settings)) createDeadManAlarm(name, { ...common, alarm }, opts);
}

function own({ workflowJobsName }: WorkflowJobsSettings, metricName: string) {
  return { metricName, namespace: METRIC_NAMESPACE, dimensions: { [WORKFLOW_JOBS_DIMENSION]: workflowJobsName } };
}

function alarms({ settings, functions, deadLetters }: SourceAlarmParts): MetricAlarm[] {
  return [
    {
      // Anyone can send an unsigned request to a public address: one period alone shows nothing.
      suffix: "refused-deliveries",
      ...own(settings, SOURCE_METRIC.refusedDeliveries),
      description:
        "Deliveries without a valid signature were refused, twice in 15 minutes: GitHub signs with another secret (rotate it), or someone else calls the webhook's URL",
      statistic: "Sum",
      badPeriods: 2,
    },
    {
      suffix: "malformed-deliveries",
      ...own(settings, SOURCE_METRIC.malformedDeliveries),
      description: "A signed delivery does not have the format that GitHub documents and was ignored: check the webhook function's log",
      statistic: "Sum",
      badPeriods: 1,
    },
    {
      suffix: "delivery-errors",
      ...own(settings, SOURCE_METRIC.deliveryErrors),
      description: "Deliveries could not be recorded, twice in 15 minutes; the reconciler catches up: check the webhook function's log",
      statistic: "Sum",
      badPeriods: 2,
    },
    {
      suffix: "unserved-jobs",
      ...own(settings, SOURCE_METRIC.unservedJobs),
      description:
        "A job waits that is ours and that no pool serves, twice in 15 minutes: the ledger lists it (list unserved), and the webhook or the reconcile function logged it once, when it came; correct its runs-on, or add a pool with its labels",
      statistic: "Maximum",
      badPeriods: 2,
    },
    {
      suffix: "foreign-webhook",
      ...own(settings, SOURCE_METRIC.foreignWebhook),
      description:
        "GitHub's webhook points elsewhere or lacks the event Workflow job, so pools react minutes late: see the operating guide before you deploy with takeOver",
      statistic: "Maximum",
      badPeriods: 1,
    },
    {
      suffix: "reconcile-errors",
      ...own(settings, SOURCE_METRIC.reconcileErrors),
      description: "Parts of the reconciliation failed, twice in 15 minutes: check the reconcile function's log",
      statistic: "Sum",
      badPeriods: 2,
    },
    deadLetterAlarm(deadLetters, "read it from the dead-letter queue; the next reconciliation catches up"),
    ...Object.entries(functions).map(([key, packaged]) => functionErrors(key, packaged.function)),
  ];
}

function deadMen(settings: WorkflowJobsSettings): DeadManAlarm[] {
  return [
    {
      suffix: "stale-source",
      ...own(settings, SOURCE_METRIC.reconciliations),
      description:
        "No reconciliation has succeeded for 15 minutes, so the pools keep what they have: check the reconcile function's log, GitHub's status and the App's rate limit",
      silence: DEMAND_TIMING.staleAfter,
    },
    scheduleAlarm(
      "reconcile-schedule",
      settings.names.reconcileRule,
      3 * DEMAND_TIMING.reconcileInterval,
      "lost deliveries are no longer repaired",
    ),
  ];
}
