import type * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { AUTHORITIES_FILE } from "../../contract/shared/github-environment";
import { WEBHOOK_SECRET_TAGS_FILE, WORKFLOW_JOBS_ENV as ENV } from "../../contract/workflow-jobs/environment";
import type { artefacts } from "../shared/artefacts";
import type { AwsEnvironment } from "../shared/aws-environment";
import { certificatesOf } from "../shared/pem";
import { githubVariables, powertools, withoutUndefined } from "../shared/function-variables";
import { nonEmpty } from "../shared/given-ids";
import { type PackagedFunction, type PackagedFunctionParts, createPackagedFunction } from "../shared/packaged-function";
import type { PolicyDocument } from "../shared/policy";
import { type FunctionKey, functionSettings } from "./function-settings";
import { type FunctionGrants, reconcilePolicy, setupPolicy, webhookPolicy } from "./policies/functions";
import type { WorkflowJobsSettings } from "./settings";

export interface FunctionParts {
  settings: WorkflowJobsSettings;
  environment: pulumi.Output<AwsEnvironment>;
  deadLetters: aws.sqs.Queue;
  artefacts: ReturnType<typeof artefacts>["functions"];
  tags: pulumi.Output<Record<string, string>>;
}

const POLICIES: Record<FunctionKey, (grants: FunctionGrants) => PolicyDocument> = {
  setup: setupPolicy,
  webhook: webhookPolicy,
  reconcile: reconcilePolicy,
};

/** Checks the App and owns the webhook. The only function that exists before the App has been checked. */
export function createSetupFunction(name: string, parts: FunctionParts, opts: pulumi.CustomResourceOptions): PackagedFunction {
  const { settings, tags } = parts;
  const variables = {
    ...githubVariables(settings.github),
    [ENV.webhookScope]: settings.webhook.scope,
    [ENV.secretKmsKeyArn]: settings.kmsKeyArn,
  };
  const secretTags = tags.apply((all): Record<string, string> => ({ [WEBHOOK_SECRET_TAGS_FILE]: JSON.stringify(sorted(all)) }));
  return create(name, "setup", { ...parts, variables, files: secretTags }, opts);
}

/** Receives the deliveries. It knows the account, for an App announces the jobs of all its installations, but has no access to the App. */
export function createWebhookFunction(name: string, parts: FunctionParts, opts: pulumi.CustomResourceOptions): PackagedFunction {
  const { github, ours } = parts.settings;
  const account = { [ENV.githubOrganization]: github.organization, [ENV.githubRepository]: github.repository };
  return create(name, "webhook", { ...parts, variables: { ...account, [ENV.ours]: JSON.stringify(ours) } }, opts);
}

/** Reads from GitHub what deliveries missed. */
export function createReconcileFunction(
  name: string,
  parts: FunctionParts & { webhookUrl: pulumi.Output<string> },
  opts: pulumi.CustomResourceOptions,
): PackagedFunction {
  const { settings, webhookUrl } = parts;
  const variables = {
    ...githubVariables(settings.github),
    [ENV.ours]: JSON.stringify(settings.ours),
    [ENV.webhookScope]: settings.webhook.scope,
    [ENV.webhookUrl]: webhookUrl,
  };
  return create(name, "reconcile", { ...parts, variables }, opts);
}

interface OneFunction extends FunctionParts {
  variables: Record<string, pulumi.Input<string> | undefined>;
  files?: pulumi.Output<Record<string, string>>;
}

function create(name: string, key: FunctionKey, parts: OneFunction, opts: pulumi.CustomResourceOptions): PackagedFunction {
  const { settings, artefacts, deadLetters, tags, variables, files = pulumi.output({}) } = parts;
  const authorities =
    key === "webhook" || settings.github.caCertificates === undefined ? {} : authoritiesFile(settings.github.caCertificates);
  return createPackagedFunction(
    `${name}-${key}`,
    {
      ...functionSettings(settings)[key],
      dir: artefacts("workflow-jobs", key).dir,
      files: files.apply((own) => ({ ...own, ...authorities })),
      environment: withoutUndefined({ [ENV.name]: settings.workflowJobsName, ...variables, ...powertools(key) }),
      policy: grants(parts).apply(POLICIES[key]),
      deadLetterQueueArn: deadLetters.arn,
      logRetentionDays: settings.logRetentionDays,
      kmsKeyArn: settings.kmsKeyArn,
      vpc: network(settings),
      permissionsBoundaryArn: settings.permissionsBoundaryArn,
      tags,
    },
    opts,
  );
}

/** In one order, so that a program that lists its tags in another one changes no function. */
function sorted(tags: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(tags).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function authoritiesFile(pem: string): Record<string, string> {
  return { [AUTHORITIES_FILE]: certificatesOf(pem) };
}

function network({ functions }: WorkflowJobsSettings): PackagedFunctionParts["vpc"] {
  if (functions?.subnetIds === undefined || functions.securityGroupIds === undefined) return undefined;
  return {
    subnetIds: nonEmpty("functions.subnetIds", functions.subnetIds),
    securityGroupIds: nonEmpty("functions.securityGroupIds", functions.securityGroupIds),
  };
}

function grants({ settings, environment, deadLetters }: FunctionParts): pulumi.Output<FunctionGrants> {
  const { github, names } = settings;
  return pulumi
    .all([
      environment,
      pulumi.output(github.app.privateKeySecretArn),
      pulumi.output(github.secretKmsKeyArn),
      pulumi.output(settings.kmsKeyArn),
      deadLetters.arn,
    ])
    .apply(([environment, githubSecretArn, secretKmsKeyArn, kmsKeyArn, deadLetterQueueArn]) => ({
      environment,
      names,
      githubSecretArn,
      secretKmsKeyArn,
      kmsKeyArn,
      deadLetterQueueArn,
      inVpc: settings.functions?.subnetIds !== undefined,
    }));
}
