/** Runners in the platform team's VPC, from its image with the runner installed. */
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { ActionsRunnerPool } from "ci-runners";

const config = new pulumi.Config();

const vpcId = config.require("vpcId");

const subnets = aws.ec2.getSubnetsOutput({
  filters: [
    { name: "vpc-id", values: [vpcId] },
    { name: "tag:tier", values: ["private"] },
  ],
});

const pool = new ActionsRunnerPool("runners", {
  github: {
    organization: config.require("githubOrganization"),
    app: { id: config.require("githubAppId"), privateKeySecretArn: config.require("githubPrivateKeySecretArn") },
  },
  // The image's builder pins the runner in /opt/actions-runner, and the parameter pins the image.
  runner: { onImage: true },
  imageParameter: config.require("imageParameter"),
  labels: ["own-image"],
  instanceType: "m7i.large",
  minSize: 2,
  maxSize: 10,
  vpcId,
  subnetIds: subnets.ids,
  alarmTopicArn: config.require("alarmTopicArn"),
  tags: { project: pulumi.getProject(), stack: pulumi.getStack() },
});

export const groupName = pool.groupName;
/** The image that the parameter named at the time of this deployment. */
export const imageId = pool.imageId;
export const subnetIds = subnets.ids;
