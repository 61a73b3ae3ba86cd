/** The program: deploys what the stack's configuration has of the components, a pool in the given subnets or in a VPC that it creates. */
import * as awsx from "@pulumi/awsx";
import * as pulumi from "@pulumi/pulumi";
import { ActionsRunnerPool, type DemandArgs, PersistentRunner, WorkflowJobs } from "./components";
import { RELEASE_TAG } from "./contract/shared/release";
import { readStackConfig } from "./stack-config";

const config = readStackConfig();
const { network } = config;

/** The pin of this deployment: a release, or `main`. */
export const release = config.release;

/** Declared before its VPC and filled in after it: a configuration that the pool refuses must create nothing at all. */
const [privateSubnetIds, setPrivateSubnetIds] = pulumi.deferredOutput<string[]>();
const [createdVpcId, setCreatedVpcId] = pulumi.deferredOutput<string>();
const needsVpc = config.pool !== undefined && !network.subnetIds;

/** Named like a source of the pool's own, so that the rights of a deployment are the same. */
const jobs = config.workflowJobs && new WorkflowJobs("runners-jobs", { ...config.workflowJobs, release });

/** A pool of this stack follows the queue of this stack's source, unless it names another. */
function demandOf(given: DemandArgs | undefined): DemandArgs | undefined {
  if (given === undefined || jobs === undefined || given.source !== undefined) return given;
  const { workflowJobsName, tableArn, kmsKeyArn } = jobs;
  return { ...given, source: { workflowJobsName, tableArn, kmsKeyArn } };
}

const pool =
  config.pool &&
  new ActionsRunnerPool("runners", {
    ...config.pool,
    demand: demandOf(config.pool.demand),
    release,
    subnetIds: network.subnetIds ?? privateSubnetIds,
    vpcId: needsVpc ? createdVpcId : undefined,
  });

const machine = config.persistentRunner && new PersistentRunner("runners-machine", { ...config.persistentRunner, release });

/** Created only if a component is deployed and no subnets are given. */
const vpc = needsVpc
  ? new awsx.ec2.Vpc("runners", {
      cidrBlock: network.vpcCidrBlock,
      numberOfAvailabilityZones: 2,
      // Runners need only outbound access. One gateway is cheap; a stack that must survive the loss of a zone uses its own subnets.
      natGateways: { strategy: "Single" },
      subnetStrategy: "Auto",
      tags: { Name: `${pulumi.getProject()}-${pulumi.getStack()}`, ...config.pool?.tags, [RELEASE_TAG]: release },
    })
  : undefined;
if (vpc) {
  setPrivateSubnetIds(vpc.privateSubnetIds);
  setCreatedVpcId(vpc.vpcId);
}

export const poolName = pool?.poolName;
export const groupName = pool?.groupName;
export const launchHookName = pool?.launchHookName;
export const terminateHookName = pool?.terminateHookName;
export const registerFunctionName = pool?.registerFunctionName;
export const deregisterFunctionName = pool?.deregisterFunctionName;
export const sweepFunctionName = pool?.sweepFunctionName;
export const scaleFunctionName = pool?.scaleFunctionName;
export const workflowJobsName = jobs?.workflowJobsName ?? pool?.workflowJobsName;
/** By these, and `workflowJobsName`, a pool of another stack names this stack's source. */
export const tableArn = jobs?.tableArn;
export const kmsKeyArn = jobs?.kmsKeyArn;
export const workflowJobsDeadLetterQueueUrl = jobs?.deadLetterQueueUrl;
export const webhookUrl = jobs?.webhookUrl ?? pool?.webhookUrl;
export const webhookSecretArn = jobs?.webhookSecretArn ?? pool?.webhookSecretArn;
export const hostRoleArn = pool?.hostRoleArn;
export const imageId = pool?.imageId;
export const deadLetterQueueUrl = pool?.deadLetterQueueUrl;
export const hostBundleSha256 = pool?.hostBundleSha256;
export const persistentRunnerName = machine?.persistentRunnerName;
export const instanceId = machine?.instanceId;
export const roleArn = machine?.roleArn;
export const region = machine?.region;
export const label = machine?.label;
export const concurrencyGroup = machine?.concurrencyGroup;
export const leaseTableName = machine?.leaseTableName;
export const cacheVolumeId = machine?.cacheVolumeId;
/** For `.github/workflows/` of each repository that may use the machine. */
export const workflowYaml = machine?.workflowYaml;
export const setupScriptSha = machine?.setupScriptSha;
export const controlFunctionName = machine?.controlFunctionName;
export const reapFunctionName = machine?.reapFunctionName;
export const machineDeadLetterQueueUrl = machine?.deadLetterQueueUrl;
export const vpcId = vpc?.vpcId;
