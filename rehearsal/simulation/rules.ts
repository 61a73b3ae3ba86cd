import { functionSettings } from "../../components/actions-runner-pool/function-settings";
import type { PoolSettings } from "../../components/actions-runner-pool/settings";
import { stopDocumentContent } from "../../components/actions-runner-pool/stop-document-content";
import { triggers } from "../../components/actions-runner-pool/triggers";
import type { AwsAccount } from "../aws/account";
import type { DeployedResource } from "../aws/api";

/**
 * The resources that the component deploys around a group, as far as the event bus and the functions' retries use them:
 * rules, targets, permissions, functions with their retries, the dead-letter queue and the stop document.
 */
export function poolResources(settings: PoolSettings, { region, accountId }: AwsAccount): DeployedResource[] {
  const { names } = settings;
  const arn = (service: string, rest: string) => `arn:aws:${service}:${region}:${accountId}:${rest}`;
  const queueArn = arn("sqs", names.deadLetterQueue);
  const functions = functionSettings(settings);
  return [
    { type: "aws:sqs/queue:Queue", id: names.deadLetterQueue, state: { arn: queueArn, name: names.deadLetterQueue } },
    {
      type: "aws:ssm/document:Document",
      id: names.stopDocument,
      state: { name: names.stopDocument, content: JSON.stringify(stopDocumentContent()) },
    },
    ...Object.values(functions).flatMap(({ functionName, retries, maximumEventAge }) => [
      {
        type: "aws:lambda/function:Function",
        id: functionName,
        state: {
          name: functionName,
          arn: arn("lambda", `function:${functionName}`),
          role: functionName,
          runtime: "nodejs",
          codeDir: "in-process",
        },
      },
      {
        type: "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig",
        id: functionName,
        state: {
          functionName,
          maximumRetryAttempts: retries,
          maximumEventAgeInSeconds: maximumEventAge,
          destinationConfig: { onFailure: { destination: queueArn } },
        },
      },
    ]),
    ...triggers(settings).flatMap(({ rule, target, eventPattern, scheduleExpression }) => {
      const ruleArn = arn("events", `rule/${rule}`);
      const { functionName } = functions[target];
      return [
        {
          type: "aws:cloudwatch/eventTarget:EventTarget",
          id: rule,
          state: { rule, arn: arn("lambda", `function:${functionName}`), deadLetterConfig: { arn: queueArn } },
        },
        {
          type: "aws:lambda/permission:Permission",
          id: rule,
          state: { function: functionName, action: "lambda:InvokeFunction", principal: "events.amazonaws.com", sourceArn: ruleArn },
        },
        // Last, because creating the rule starts its schedule.
        {
          type: "aws:cloudwatch/eventRule:EventRule",
          id: rule,
          state: { name: rule, arn: ruleArn, ...(eventPattern ? { eventPattern } : { scheduleExpression }) },
        },
      ];
    }),
  ];
}
