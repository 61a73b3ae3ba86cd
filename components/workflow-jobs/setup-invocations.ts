import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { CheckInput, SetupInput, SetupResult } from "../../contract/workflow-jobs/webhook";
import type { PackagedFunction } from "../shared/packaged-function";
import type { WorkflowJobsSettings } from "./settings";

export interface CheckParts {
  settings: WorkflowJobsSettings;
  setup: PackagedFunction;
}

/**
 * Invokes the setup function before all but that function is created: an App without the event or the permission, or whose webhook is
 * another's, fails the deployment with the remedy while there is nothing to undo.
 */
export function createAppCheck(name: string, parts: CheckParts, opts: pulumi.CustomResourceOptions): aws.lambda.Invocation {
  const { settings, setup } = parts;
  const { workflowJobsName: workflowJobs, webhook, rerunLostJobs } = settings;
  const input = whose(settings).apply((owner) => {
    const content: CheckInput = { workflowJobs, task: "check-app", ...webhook, rerunLostJobs, ...owner };
    return JSON.stringify(content);
  });
  return invocation(`${name}-check-app`, setup, input, { ...opts, dependsOn: setup.ready });
}

export interface OwnWebhookParts extends CheckParts {
  url: pulumi.Output<string>;
  /** The function URL, and what makes it answer. */
  dependsOn: pulumi.Resource[];
}

export interface OwnWebhook {
  secretArn: pulumi.Output<string>;
  resource: pulumi.Resource;
}

/**
 * Invokes the setup function once deliveries can be answered: it makes the secret and points the webhook here. On deletion, which
 * precedes that of the URL, it removes the webhook while that is ours, and the secret. The state holds the secret's ARN, never the secret.
 */
export function createOwnWebhook(name: string, parts: OwnWebhookParts, opts: pulumi.CustomResourceOptions): OwnWebhook {
  const { settings, setup, url, dependsOn } = parts;
  const { workflowJobsName: workflowJobs, webhook } = settings;
  const input = pulumi.all([url, whose(settings), pulumi.output(settings.kmsKeyArn)]).apply(([url, owner, kmsKeyArn]) => {
    const content: SetupInput = { workflowJobs, task: "own-webhook", url, ...webhook, ...owner, kmsKeyArn };
    return JSON.stringify(content);
  });
  const resource = invocation(`${name}-own-webhook`, setup, input, { ...opts, dependsOn });
  return { secretArn: resource.result.apply(secretArnOf), resource };
}

function invocation(
  name: string,
  { function: handler }: PackagedFunction,
  input: pulumi.Output<string>,
  opts: pulumi.CustomResourceOptions,
) {
  return new aws.lambda.Invocation(name, { functionName: handler.name, input, lifecycleScope: "CRUD" }, opts);
}

/** Whose webhook it is, so that another App, account or server invokes the function again. */
function whose({ github }: WorkflowJobsSettings): pulumi.Output<Pick<SetupInput, "app" | "account">> {
  const { app, apiUrl, organization, repository } = github;
  return pulumi.output(app.id).apply((id) => ({ app: `${id}@${apiUrl}`, account: organization ?? repository }));
}

/** @throws if the function, perhaps of another release, answered without it. */
export function secretArnOf(result: string): string {
  const { secretArn }: Partial<SetupResult> = JSON.parse(result) ?? {};
  if (secretArn === undefined)
    throw new Error(`the setup function answered without the ARN of the webhook's secret: ${result.slice(0, 80)}`);
  return secretArn;
}
