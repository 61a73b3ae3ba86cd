/** The program: deploys a pool of runners from the stack's configuration, in the given subnets or in a VPC that it creates. */
import * as awsx from "@pulumi/awsx";
import * as pulumi from "@pulumi/pulumi";
import { ActionsRunnerPool } from "./components";
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

const pool =
  config.pool &&
  new ActionsRunnerPool("runners", {
    ...config.pool,
    release,
    subnetIds: network.subnetIds ?? privateSubnetIds,
    vpcId: needsVpc ? createdVpcId : undefined,
  });

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
export const hostRoleArn = pool?.hostRoleArn;
export const imageId = pool?.imageId;
export const deadLetterQueueUrl = pool?.deadLetterQueueUrl;
export const hostBundleSha256 = pool?.hostBundleSha256;
export const vpcId = vpc?.vpcId;
