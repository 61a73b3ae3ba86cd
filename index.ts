/** The program: a stack's configuration becomes one pool of runners, in given subnets or in a VPC of its own. */
import * as awsx from "@pulumi/awsx";
import * as pulumi from "@pulumi/pulumi";
import { ActionsRunnerPool } from "./components";
import { RELEASE_TAG } from "./contract/shared/release";
import { readStackConfig } from "./stack-config";

const { pool: args, subnetIds, vpcCidrBlock } = readStackConfig();

const vpc = subnetIds
  ? undefined
  : new awsx.ec2.Vpc("runners", {
      cidrBlock: vpcCidrBlock,
      numberOfAvailabilityZones: 2,
      // Runners only call out. One gateway is cheap; a stack that cannot live without a zone brings its own subnets.
      natGateways: { strategy: "Single" },
      subnetStrategy: "Auto",
      tags: { Name: `${pulumi.getProject()}-${pulumi.getStack()}`, ...args.tags, [RELEASE_TAG]: args.release },
    });

const pool = new ActionsRunnerPool("runners", {
  ...args,
  subnetIds: subnetIds ?? vpc!.privateSubnetIds,
  vpcId: vpc?.vpcId,
});

/** The pin that this deployment ran: a release, or `main`. */
export const release = args.release;
export const poolName = pool.poolName;
export const groupName = pool.groupName;
export const launchHookName = pool.launchHookName;
export const terminateHookName = pool.terminateHookName;
export const registerFunctionName = pool.registerFunctionName;
export const deregisterFunctionName = pool.deregisterFunctionName;
export const sweepFunctionName = pool.sweepFunctionName;
export const hostRoleArn = pool.hostRoleArn;
export const imageId = pool.imageId;
export const deadLetterQueueUrl = pool.deadLetterQueueUrl;
export const hostBundleSha256 = pool.hostBundleSha256;
export const vpcId = vpc?.vpcId;
