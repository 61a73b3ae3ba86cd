import * as pulumi from "@pulumi/pulumi";
import { DEMAND_TIMING } from "../../contract/workflow-jobs/timing";
import { artefacts } from "../shared/artefacts";
import { awsEnvironment } from "../shared/aws-environment";
import { createDeadLetters } from "../shared/dead-letters";
import { defaultTags } from "../shared/default-tags";
import { type EventTrigger, createEventTrigger } from "../shared/event-trigger";
import { checkAwsSdk } from "../shared/sdk-version";
import { createAlarms } from "./alarms";
import type { WorkflowJobsArgs } from "./args";
import { createFunctionUrl } from "./function-url";
import { createReconcileFunction, createSetupFunction, createWebhookFunction } from "./functions";
import { type WorkflowJobsSettings, resolveSettings } from "./settings";
import { createAppCheck, createOwnWebhook } from "./setup-invocations";
import { createTable } from "./table";
import { checkedTags } from "./tags";
import { validate } from "./validation";

/**
 * What is known of GitHub's queue: each workflow job that a pool serves, from queued to completed, within seconds by a webhook, and
 * repaired every five minutes where a delivery was lost. One serves all pools of an account and Region; a pool takes it by its outputs.
 */
export class WorkflowJobs extends pulumi.ComponentResource {
  /** Name of the source, from which its names in AWS derive. */
  public readonly workflowJobsName!: pulumi.Output<string>;
  /** Name of the DynamoDB table with the jobs. */
  public readonly tableName!: pulumi.Output<string>;
  /** ARN of the table. */
  public readonly tableArn!: pulumi.Output<string>;
  /** ARN of the customer's key that encrypts the table; absent if AWS's own does. */
  public readonly kmsKeyArn?: pulumi.Output<string>;
  /** Address to which GitHub delivers; with the scope `manual`, enter it in the webhook. */
  public readonly webhookUrl!: pulumi.Output<string>;
  /** ARN of the secret whose field `current` signs the deliveries; with the scope `manual`, enter that in the webhook. */
  public readonly webhookSecretArn!: pulumi.Output<string>;
  /** Name of the function that receives the deliveries. */
  public readonly webhookFunctionName!: pulumi.Output<string>;
  /** Name of the function that repairs what deliveries missed. */
  public readonly reconcileFunctionName!: pulumi.Output<string>;
  /** Name of the function that owns the webhook and rotates its secret. */
  public readonly setupFunctionName!: pulumi.Output<string>;
  /** URL of the queue of events that could not be delivered or handled after all retries. */
  public readonly deadLetterQueueUrl!: pulumi.Output<string>;

  /**
   * @param name identity in the stack, and prefix of the generated names in AWS; at most 46 characters.
   * @throws InputPropertyError or InputPropertiesError for invalid arguments, and an error for an `@pulumi/aws` that is too
   *   old, before anything is created.
   */
  constructor(name: string, args: WorkflowJobsArgs, opts?: pulumi.ComponentResourceOptions) {
    checkAwsSdk();
    const settings = resolveSettings(name, args, { project: pulumi.getProject(), stack: pulumi.getStack() });
    validate(name, settings);
    const built = artefacts();
    super("ci-runners:index:WorkflowJobs", name, {}, opts);

    const child = { parent: this };
    const { names, kmsKeyArn } = settings;
    const environment = awsEnvironment(child);
    const tags = checkedTags({ settings, environment, defaults: defaultTags(child) });
    const common = { settings, tags, environment };
    const trigger = reconcileTrigger(settings);

    const queueParts = { queueName: names.deadLetterQueue, rules: [trigger.rule], environment, kmsKeyArn, tags };
    const { queue: deadLetters, ready: deadLettersReady } = createDeadLetters(name, queueParts, child);
    const functionParts = { ...common, deadLetters, artefacts: built.functions };
    const setup = createSetupFunction(name, functionParts, child);
    const check = createAppCheck(name, { settings, setup }, child);

    // What the check refuses has created nothing but the function that checks.
    const checked = { ...child, dependsOn: [check] };
    const table = createTable(name, common, checked);
    const webhook = createWebhookFunction(name, functionParts, { ...child, dependsOn: [table] });
    const url = createFunctionUrl(name, webhook, child);
    const reconcile = createReconcileFunction(name, { ...functionParts, webhookUrl: url.url }, { ...child, dependsOn: [table] });
    const reachable = [...webhook.ready, ...url.ready, ...reconcile.ready];
    const ownWebhook = createOwnWebhook(name, { settings, setup, url: url.url, dependsOn: reachable }, child);
    createEventTrigger(
      `${name}-${trigger.suffix}`,
      { trigger, handler: reconcile.function, deadLetters, tags },
      { ...child, dependsOn: [...deadLettersReady, ownWebhook.resource] },
    );
    createAlarms(name, { settings, functions: { setup, webhook, reconcile }, deadLetters, tags }, checked);

    const outputs: Outputs = {
      // Not before the set-up has succeeded, on which whatever takes the name then depends. A preview knows the URN, and so the name.
      workflowJobsName: ownWebhook.resource.urn.apply(() => settings.workflowJobsName),
      tableName: table.name,
      tableArn: table.arn,
      ...(kmsKeyArn === undefined ? {} : { kmsKeyArn: pulumi.output(kmsKeyArn) }),
      webhookUrl: url.url,
      webhookSecretArn: ownWebhook.secretArn,
      webhookFunctionName: webhook.function.name,
      reconcileFunctionName: reconcile.function.name,
      setupFunctionName: setup.function.name,
      deadLetterQueueUrl: deadLetters.url,
    };
    Object.assign(this, outputs);
    this.registerOutputs({ ...outputs });
  }
}

/** Begins after the webhook is owned: until then the reconciler would report it as pointing elsewhere. */
function reconcileTrigger({ names }: WorkflowJobsSettings): EventTrigger {
  return {
    suffix: "reconcile",
    rule: names.reconcileRule,
    description: "schedule of the reconciliation, which repairs what deliveries missed",
    scheduleExpression: `rate(${DEMAND_TIMING.reconcileInterval / 60} minutes)`,
    // The next reconciliation is the retry.
    maximumEventAge: DEMAND_TIMING.reconcileInterval,
    maximumRetries: 1,
  };
}

/** Exactly the outputs that the class declares. */
type Outputs = Omit<WorkflowJobs, keyof pulumi.ComponentResource>;
