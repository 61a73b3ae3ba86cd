import type * as pulumi from "@pulumi/pulumi";
import { POOL_DIMENSION, SCALE_METRIC, WAIT_CAUSE_METRIC } from "../../contract/actions-runner-pool/metrics";
import { TIMING } from "../../contract/actions-runner-pool/timing";
import { METRIC_NAMESPACE } from "../../contract/shared/metrics";
import { WaitCause } from "../../contract/workflow-jobs/ledger";
import { DEMAND_TIMING } from "../../contract/workflow-jobs/timing";
import {
  type DeadManAlarm,
  type MetricAlarm,
  createAlarm,
  createDeadManAlarm,
  functionErrors,
  scheduleAlarm,
} from "../shared/metric-alarm";
import type { PackagedFunction } from "../shared/packaged-function";
import type { PoolSettings } from "./settings";

/** Seconds without a run of a schedule: several in a row were missed, not one that was late. */
const SILENCE = 900;

export interface DemandAlarmParts {
  settings: PoolSettings;
  scale: PackagedFunction;
  tags: pulumi.Output<Record<string, string>>;
}

/** The alarms that a pool has besides if it follows its queue. */
export function createDemandAlarms(name: string, parts: DemandAlarmParts, opts: pulumi.CustomResourceOptions): void {
  const { settings, tags } = parts;
  const common = { prefix: settings.poolName, topicArn: settings.alarmTopicArn, tags };
  for (const alarm of alarms(parts)) createAlarm(name, { ...common, alarm }, opts);
  for (const alarm of deadMen(settings)) createDeadManAlarm(name, { ...common, alarm }, opts);
}

function own({ poolName }: PoolSettings, metricName: string) {
  return { metricName, namespace: METRIC_NAMESPACE, dimensions: { [POOL_DIMENSION]: poolName } };
}

function alarms({ settings, scale }: DemandAlarmParts): MetricAlarm[] {
  return [
    {
      suffix: "oldest-wait",
      ...own(settings, SCALE_METRIC.longestWait),
      description:
        "A job has waited for longer than a launch may take: the ledger and the scale function's log give the cause of each wait; at maximum: raise maxSize",
      statistic: "Maximum",
      badPeriods: 1,
      above: settings.launchTimeout,
    },
    {
      suffix: "jobs-not-assigned",
      ...own(settings, WAIT_CAUSE_METRIC[WaitCause.NotAssigned]),
      description:
        "A job has waited for more than 90 s while a runner with its labels idles: the scale function's log names it; cancel and re-run it, and check GitHub's status and the runner group",
      statistic: "Maximum",
      badPeriods: 1,
    },
    {
      suffix: "jobs-not-allowed",
      ...own(settings, WAIT_CAUSE_METRIC[WaitCause.GroupNotAllowed]),
      description: "A job waits whose repository the pool's runner group does not admit: admit it, or change the job's runs-on",
      statistic: "Maximum",
      badPeriods: 1,
    },
    {
      suffix: "stale-demand",
      ...own(settings, SCALE_METRIC.sourceAge),
      description: "What the pool knows of its queue is too old, so it keeps what it has: check the reconcile function of its source",
      statistic: "Maximum",
      badPeriods: 1,
      above: DEMAND_TIMING.staleAfter,
    },
    {
      suffix: "failed-launches",
      ...own(settings, SCALE_METRIC.failedLaunches),
      description:
        "Launches failed, twice in 15 minutes, so the pool pauses between attempts: the scale function's log and the group's activities say why",
      statistic: "Sum",
      badPeriods: 2,
    },
    {
      suffix: "scaler-errors",
      ...own(settings, SCALE_METRIC.scalerErrors),
      description: "The scaler could not read or change something, twice in 15 minutes: check the scale function's log",
      statistic: "Sum",
      badPeriods: 2,
    },
    functionErrors("scale", scale.function),
  ];
}

/** The sweep has its alarm only here, because a pool without a source of demand stays as it was. */
function deadMen(settings: PoolSettings): DeadManAlarm[] {
  const { names } = settings;
  return [
    {
      suffix: "scaler-stopped",
      ...own(settings, SCALE_METRIC.scalerPasses),
      description:
        "No pass of the scaler has ended for 10 minutes, so the pool no longer follows its queue: check the scale function's log",
      silence: 10 * TIMING.scaleInterval,
    },
    scheduleAlarm("scale-schedule", names.scaleRule, SILENCE, "the pool reacts to signals only"),
    scheduleAlarm("sweep-schedule", names.sweepRule, SILENCE, "nothing handles what events missed"),
  ];
}
