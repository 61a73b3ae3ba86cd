/** The program: a stack's configuration becomes a pool of runners, in given subnets or in a VPC of its own. */
import * as awsx from "@pulumi/awsx";
import * as pulumi from "@pulumi/pulumi";
import { ActionsRunnerPool } from "./components";
import { RELEASE_TAG } from "./contract/shared/release";
import { readStackConfig } from "./stack-config";

const config = readStackConfig();
const { network } = config;

/** The pin that this deployment ran: a release, or `main`. */
export const release = config.release;

/** Only for components, and only where no subnets are given. */
const vpc =
  config.pool && !network.subnetIds
    ? new awsx.ec2.Vpc("runners", {
        cidrBlock: network.vpcCidrBlock,
        numberOfAvailabilityZones: 2,
        // Runners only call out. One gateway is cheap; a stack that cannot live without a zone brings its own subnets.
        natGateways: { strategy: "Single" },
        subnetStrategy: "Auto",
        tags: { Name: `${pulumi.getProject()}-${pulumi.getStack()}`, ...config.pool.tags, [RELEASE_TAG]: release },
      })
    : undefined;

const pool =
  config.pool &&
  new ActionsRunnerPool("runners", {
    ...config.pool,
    release,
    subnetIds: network.subnetIds ?? vpc!.privateSubnetIds,
    vpcId: vpc?.vpcId,
  });

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
