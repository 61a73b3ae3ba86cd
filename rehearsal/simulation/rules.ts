import { DETAIL_TYPE, EVENT_SOURCE } from "../../contract/aws/lifecycle";
import type { PoolNames } from "../../contract/actions-runner-pool/names";
import { TIMING, launchEventAge } from "../../contract/actions-runner-pool/timing";
import { UNITS } from "../../contract/actions-runner-pool/host";
import type { DeployedResource } from "../aws/api";
import type { AwsAccount } from "../aws/account";

/**
 * What the component deploys around a group, as far as the event bus and the functions' retries read it: rules,
 * targets, permissions, functions, their retries, the dead letters and the stop document.
 */
export function poolResources(names: PoolNames, { region, accountId }: AwsAccount, launchTimeout: number): DeployedResource[] {
  const arn = (service: string, rest: string) => `arn:aws:${service}:${region}:${accountId}:${rest}`;
  const queueArn = arn("sqs", names.deadLetterQueue);
  const functions: [name: string, retries: number, maxAge: number][] = [
    [names.registerFunction, 2, launchEventAge(launchTimeout)],
    [names.deregisterFunction, 2, TIMING.invokeEventAge],
    [names.sweepFunction, 0, TIMING.sweepInterval],
  ];
  const pattern = (type: string) =>
    JSON.stringify({ source: [EVENT_SOURCE], "detail-type": [type], detail: { AutoScalingGroupName: [names.group] } });
  const rules: [rule: string, target: string, trigger: Record<string, string>][] = [
    [names.launchRule, names.registerFunction, { eventPattern: pattern(DETAIL_TYPE.launching) }],
    [names.terminateRule, names.deregisterFunction, { eventPattern: pattern(DETAIL_TYPE.terminating) }],
    [names.terminatedRule, names.deregisterFunction, { eventPattern: pattern(DETAIL_TYPE.terminated) }],
    [names.sweepRule, names.sweepFunction, { scheduleExpression: `rate(${TIMING.sweepInterval / 60} minutes)` }],
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
