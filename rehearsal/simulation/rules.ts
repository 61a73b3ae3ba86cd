import { DETAIL_TYPE, EVENT_SOURCE } from "../../contract/aws/lifecycle";
import type { PoolNames } from "../../contract/actions-runner-pool/names";
import { UNITS } from "../../contract/actions-runner-pool/host";
import type { DeployedResource } from "../aws/api";
import type { Place } from "../aws/account";

/** Minutes between two sweeps, as the component schedules them. */
const SWEEP_MINUTES = 5;
/** Seconds for which Lambda tries an event; the register function's event is worth no more than the launch. */
const LONGEST_EVENT_AGE = 21_600;

/**
 * What the component deploys around a group, as far as the event bus and the functions' retries read it: rules,
 * targets, permissions, functions, their retries, the dead letters and the stop document.
 */
export function poolResources(names: PoolNames, { region, accountId }: Place, launchTimeout: number): DeployedResource[] {
  const arn = (service: string, rest: string) => `arn:aws:${service}:${region}:${accountId}:${rest}`;
  const queueArn = arn("sqs", names.deadLetterQueue);
  const functions: [name: string, retries: number, maxAge: number][] = [
    [names.registerFunction, 2, Math.max(60, launchTimeout)],
    [names.deregisterFunction, 2, LONGEST_EVENT_AGE],
    [names.sweepFunction, 0, SWEEP_MINUTES * 60],
  ];
  const pattern = (type: string) =>
    JSON.stringify({ source: [EVENT_SOURCE], "detail-type": [type], detail: { AutoScalingGroupName: [names.group] } });
  const rules: [rule: string, target: string, trigger: Record<string, string>][] = [
    [names.launchRule, names.registerFunction, { eventPattern: pattern(DETAIL_TYPE.launching) }],
    [names.terminateRule, names.deregisterFunction, { eventPattern: pattern(DETAIL_TYPE.terminating) }],
    [names.terminatedRule, names.deregisterFunction, { eventPattern: pattern(DETAIL_TYPE.terminated) }],
    [names.sweepRule, names.sweepFunction, { scheduleExpression: `rate(${SWEEP_MINUTES} minutes)` }],
  ];
  return [
    { type: "aws:sqs/queue:Queue", id: names.deadLetterQueue, state: { arn: queueArn, name: names.deadLetterQueue } },
    {
      type: "aws:ssm/document:Document",
      id: names.stopDocument,
      state: { name: names.stopDocument, content: JSON.stringify(stopDocument()) },
    },
    ...functions.flatMap(([name, maximumRetryAttempts, maximumEventAgeInSeconds]) => [
      {
        type: "aws:lambda/function:Function",
        id: name,
        state: { name, arn: arn("lambda", `function:${name}`), role: name, runtime: "nodejs", codeDir: "in-process" },
      },
      {
        type: "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig",
        id: name,
        state: {
          functionName: name,
          maximumRetryAttempts,
          maximumEventAgeInSeconds,
          destinationConfig: { onFailure: { destination: queueArn } },
        },
      },
    ]),
    ...rules.flatMap(([rule, target, trigger]) => {
      const ruleArn = arn("events", `rule/${rule}`);
      return [
        {
          type: "aws:cloudwatch/eventTarget:EventTarget",
          id: rule,
          state: { rule, arn: arn("lambda", `function:${target}`), deadLetterConfig: { arn: queueArn } },
        },
        {
          type: "aws:lambda/permission:Permission",
          id: rule,
          state: { function: target, action: "lambda:InvokeFunction", principal: "events.amazonaws.com", sourceArn: ruleArn },
        },
        // Last, because its appearance starts a schedule.
        { type: "aws:cloudwatch/eventRule:EventRule", id: rule, state: { name: rule, arn: ruleArn, ...trigger } },
      ];
    }),
  ];
}

function stopDocument() {
  const runCommand = [`systemctl stop --no-block ${UNITS.runner}`];
  return { schemaVersion: "2.2", mainSteps: [{ action: "aws:runShellScript", name: "beginDrain", inputs: { runCommand } }] };
}
