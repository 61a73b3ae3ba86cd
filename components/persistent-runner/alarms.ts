import type * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { PERSISTENT_HOST_METRICS as HOST_METRICS } from "../../contract/persistent-runner/host";
import { PERSISTENT_METRIC as METRIC, PERSISTENT_RUNNER_DIMENSION } from "../../contract/persistent-runner/metrics";
import { PERSISTENT_TIMING as TIMING } from "../../contract/persistent-runner/timing";
import { METRIC_NAMESPACE } from "../../contract/shared/metrics";
import { type MetricAlarm, createAlarm, createDeadManAlarm, deadLetterAlarm, functionErrors, scheduleAlarm } from "../shared/metric-alarm";
import type { PersistentRunnerFunctions } from "./functions";
import type { PersistentRunnerSettings } from "./settings";

export interface AlarmParts {
  settings: PersistentRunnerSettings;
  functions: PersistentRunnerFunctions;
  deadLetters: aws.sqs.Queue;
  tags: pulumi.Output<Record<string, string>>;
}

/** One alarm for each condition that an operator must know about. */
export function createAlarms(name: string, parts: AlarmParts, opts: pulumi.CustomResourceOptions): void {
  const { settings, tags } = parts;
  const common = { prefix: settings.persistentRunnerName, topicArn: settings.alarmTopicArn, tags };
  for (const alarm of alarms(parts)) createAlarm(name, { ...common, alarm }, opts);
  const { reapRule } = settings.names;
  const schedule = scheduleAlarm("reap-schedule", reapRule, 3 * TIMING.reapInterval, "a machine that no run holds is no longer stopped");
  createDeadManAlarm(name, { ...common, alarm: schedule }, opts);
}

function alarms({ settings, functions, deadLetters }: AlarmParts): MetricAlarm[] {
  const own = (suffix: string, metricName: string, rest: Pick<MetricAlarm, "description" | "statistic" | "badPeriods">): MetricAlarm => ({
    suffix,
    metricName,
    namespace: METRIC_NAMESPACE,
    dimensions: { [PERSISTENT_RUNNER_DIMENSION]: settings.persistentRunnerName },
    ...rest,
  });
  const hostLogs = own("host-logs", HOST_METRICS.logFailures, {
    description: `The machine cannot deliver its logs to ${settings.names.hostLogGroup}, twice in 15 minutes: check the group, the machine's role and its route to CloudWatch Logs`,
    statistic: "Sum",
    badPeriods: 2,
  });
  return [
    own("overdue-session", METRIC.overdueSession, {
      description: `The machine runs for longer than maxSession = ${settings.maxSession} s allows, although it should have switched itself off: see its console, then stop it`,
      statistic: "Maximum",
      badPeriods: 1,
    }),
    own("stop-failed", METRIC.stopFailed, {
      description: `The machine has been stopping for ${TIMING.stopFailedAfter / 60} minutes, also by force: see EC2's status checks, then its support`,
      statistic: "Maximum",
      badPeriods: 1,
    }),
    own("expired-lease", METRIC.expiredLeases, {
      description:
        "A run held the machine until its time was over, and did not release it: its stop job failed or never ran; the reap function's log names the run",
      statistic: "Sum",
      badPeriods: 1,
    }),
    own("forced-stop", METRIC.forcedStops, {
      description: "The machine was stopped while a job was at work: raise maxSession, or see who stopped it by force",
      statistic: "Sum",
      badPeriods: 1,
    }),
    own("failed-start", METRIC.failedStarts, {
      description:
        "The machine did not start: no capacity, a hung boot or a terminated instance; the control function's log has the reason",
      statistic: "Sum",
      badPeriods: 1,
    }),
    own("foreign-job", HOST_METRICS.foreignJobs, {
      description:
        "A job asked for the label of another run's start, and the machine refused it: the console names repository and run; see who may read that label",
      statistic: "Sum",
      badPeriods: 1,
    }),
    own("reap-errors", METRIC.reapErrors, {
      description: "Parts of the reaper's passes failed, twice in 15 minutes: check the reap function's log",
      statistic: "Sum",
      badPeriods: 2,
    }),
    ...(settings.hostLogs === undefined ? [] : [hostLogs]),
    deadLetterAlarm(deadLetters, "read it from the dead-letter queue; the next pass of the reaper catches up"),
    ...Object.entries(functions).map(([key, packaged]) => functionErrors(key, packaged.function)),
  ];
}
