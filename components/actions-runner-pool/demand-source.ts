import * as pulumi from "@pulumi/pulumi";
import { WorkflowJobs } from "../workflow-jobs/workflow-jobs";
import type { PoolDemand } from "./demand-settings";
import type { FunctionNetwork } from "./network";
import type { PoolSettings } from "./settings";

/** What the pool knows of its source: plain texts, whether the source is its own or another's. */
export interface DemandSource {
  workflowJobsName: pulumi.Output<string>;
  tableArn: pulumi.Output<string>;
  kmsKeyArn: pulumi.Output<string | undefined>;
  /** The arguments of which it was made. */
  demand: PoolDemand;
  /** Resolves once the source has been set up, if the same program makes it: a refused App then launches nothing. */
  setUp: pulumi.Output<unknown>;
  /** The pool's own source, which must exist before the pool is registered there. */
  own: WorkflowJobs[];
}

export interface DemandSourceParts {
  settings: PoolSettings;
  /** Of the pool's functions. */
  network: FunctionNetwork;
}

/** Suffix of an own source's name, in the program and in AWS: its resources are named like the pool's. */
const OWN_SOURCE = "-jobs";

export function ownSourceName(name: string): string {
  return `${name}${OWN_SOURCE}`;
}

/**
 * The given source, or one of the pool's own, with the pool's App, key and network; undefined if the pool follows no queue. The group
 * depends on it, so that an App which lacks a permission launches nothing.
 */
export function createDemandSource(
  name: string,
  parts: DemandSourceParts,
  opts: pulumi.ComponentResourceOptions,
): DemandSource | undefined {
  const { demand } = parts.settings;
  if (demand === undefined) return undefined;
  const { source } = demand;
  if (source !== undefined) {
    const [workflowJobsName, tableArn] = [pulumi.output(source.workflowJobsName), pulumi.output(source.tableArn)];
    return {
      workflowJobsName,
      tableArn,
      setUp: pulumi.all([workflowJobsName, tableArn]),
      kmsKeyArn: pulumi.output(source.kmsKeyArn),
      demand,
      own: [],
    };
  }
  const own = createOwnSource(name, { ...parts, demand }, opts);
  const { workflowJobsName, tableArn, kmsKeyArn } = own;
  return { workflowJobsName, tableArn, kmsKeyArn: kmsKeyArn ?? pulumi.output(undefined), setUp: workflowJobsName, demand, own: [own] };
}

/** What the program's user enters into a webhook of scope `manual`, and whose secret is rotated. */
export function sourceOutputs({ workflowJobsName, own: [own] }: DemandSource) {
  return { workflowJobsName, ...(own && { webhookUrl: own.webhookUrl, webhookSecretArn: own.webhookSecretArn }) };
}

function createOwnSource(
  name: string,
  { settings, demand, network }: DemandSourceParts & { demand: PoolDemand },
  opts: pulumi.ComponentResourceOptions,
): WorkflowJobs {
  const { github, kmsKeyArn, permissionsBoundaryArn, logRetentionDays, alarmTopicArn, tags, release } = settings;
  const { organization, repository, secretKmsKeyArn, apiUrl, caCertificates } = github;
  return new WorkflowJobs(
    ownSourceName(name),
    {
      workflowJobsName: ownSourceName(settings.poolName),
      // Validation ensures that there is an App.
      github: { organization, repository, app: github.app!, secretKmsKeyArn, apiUrl, caCertificates },
      webhook: demand.webhook,
      ours: demand.ours,
      rerunLostJobs: demand.rerunLostJobs,
      functions: network,
      ...{ kmsKeyArn, permissionsBoundaryArn, logRetentionDays, alarmTopicArn, tags, release },
    },
    opts,
  );
}
