import type * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { METRIC, POOL_DIMENSION } from "../../contract/actions-runner-pool/metrics";
import { METRIC_NAMESPACE } from "../../contract/shared/metrics";
import { type MetricAlarm, createAlarm, deadLetterAlarm, functionErrors } from "../shared/metric-alarm";
import type { PoolFunctions } from "./functions";
import type { PoolSettings } from "./settings";

export interface PoolAlarmParts {
  settings: PoolSettings;
  functions: PoolFunctions;
  deadLetters: aws.sqs.Queue;
  tags: pulumi.Output<Record<string, string>>;
}

/** One alarm for each condition that an operator must know about. */
export function createAlarms(name: string, parts: PoolAlarmParts, opts: pulumi.CustomResourceOptions): void {
  const { settings, tags } = parts;
  for (const alarm of alarms(parts)) {
    createAlarm(name, { alarm, prefix: settings.poolName, topicArn: settings.alarmTopicArn, tags }, opts);
  }
}

function alarms({ settings, functions, deadLetters }: PoolAlarmParts): MetricAlarm[] {
  const own = (suffix: string, metricName: string, rest: Pick<MetricAlarm, "description" | "statistic" | "badPeriods">): MetricAlarm => ({
    suffix,
    metricName,
    namespace: METRIC_NAMESPACE,
    dimensions: { [POOL_DIMENSION]: settings.poolName },
    ...rest,
  });
  const where = settings.hostLogs === undefined ? "" : `; ${settings.names.hostLogGroup} has the instance's log, with run and job`;
  const hostLogs = own("host-logs", METRIC.hostLogFailures, {
    description: `Instances cannot deliver their logs to ${settings.names.hostLogGroup}, twice in 15 minutes: what they log is lost with them; check the group, the instances' role and their way to CloudWatch Logs`,
    statistic: "Sum",
    badPeriods: 2,
  });
  return [
    own("forced-stops", METRIC.forcedStops, {
      description: `A drain reached maxDrain and its job was stopped: raise drain.maxDrain or investigate the job${where}`,
      statistic: "Sum",
      badPeriods: 1,
    }),
    own("lost-jobs", METRIC.busyAtTermination, {
      description: `An instance terminated, or stopped responding while draining, while GitHub still reports a job on its runner: check for a termination that bypassed the group, a Spot interruption or a crash${where}`,
      statistic: "Sum",
      badPeriods: 1,
    }),
    own("impostor-runners", METRIC.impostorRunners, {
      description:
        "A runner is in use at GitHub although its instance ended 15 minutes ago or earlier: a job has stolen its credentials; see the operating guide",
      statistic: "Sum",
      badPeriods: 1,
    }),
    own("full-disks", METRIC.fullDisks, {
      description:
        "An instance's disk is nearly full: it takes no further job and is replaced after the one it runs, or it is not taken into service: raise rootVolumeSize, or look for what fills the disk",
      statistic: "Sum",
      badPeriods: 1,
    }),
    own("stop-failures", METRIC.stopFailures, {
      description:
        "The stop command could not be sent to terminating hosts, twice in 15 minutes; the hosts still begin to drain on their own, a little later: check the deregister function's log",
      statistic: "Sum",
      badPeriods: 2,
    }),
    own("registration-failures", METRIC.registrationFailures, {
      description: "No registration token could be created: check the register function's log, the GitHub App and its secret",
      statistic: "Sum",
      badPeriods: 1,
    }),
    own("overdue-drains", METRIC.overdueDrains, {
      description: "An instance has been in Terminating:Wait for longer than maxDrain: check its agent",
      statistic: "Maximum",
      badPeriods: 1,
    }),
    own("retained-instances", METRIC.retainedInstances, {
      description: "An instance stopped responding while draining and is retained and billed: save its job, then terminate it in the group",
      statistic: "Maximum",
      badPeriods: 1,
    }),
    own("outdated-instances", METRIC.outdatedInstances, {
      description:
        "Instances keep an earlier launch template than the group's, because the refresh was cancelled or has failed several times, or a deployment did not update the group, twice in 15 minutes: the sweep function's log says why",
      statistic: "Maximum",
      badPeriods: 2,
    }),
    own("unregistered-instances", METRIC.unregisteredInstances, {
      description:
        "Instances are in service without a runner online at GitHub, twice in 15 minutes: the sweep function's log names them; check their agents and, if no job runs, terminate them in the group",
      statistic: "Maximum",
      badPeriods: 2,
    }),
    own("runner-version", METRIC.expiringRunnerVersions, {
      description:
        "Within 10 days GitHub sends no more jobs to a version of the runner, or no longer registers it: the sweep function's log names it; move runner.version, upgrade the package or build a new image",
      statistic: "Maximum",
      badPeriods: 1,
    }),
    own("malformed-events", METRIC.malformedEvents, {
      description: "An event does not have the format that AWS documents and was ignored: check the functions' logs; the sweep catches up",
      statistic: "Sum",
      badPeriods: 1,
    }),
    own("sweep-errors", METRIC.sweepErrors, {
      description: "The sweep could not handle some items, twice in 15 minutes: check the sweep function's log",
      statistic: "Sum",
      badPeriods: 2,
    }),
    ...(settings.hostLogs === undefined ? [] : [hostLogs]),
    deadLetterAlarm(deadLetters, "read it from the dead-letter queue; the sweep catches up"),
    ...Object.entries(functions).map(([key, packaged]) => functionErrors(key, packaged.function)),
  ];
}
