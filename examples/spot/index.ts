/** Spot runners above one on-demand instance. EC2 Auto Scaling supports no warm pool for Spot, so each launch is cold. */
import * as pulumi from "@pulumi/pulumi";
import { ActionsRunnerPool } from "ci-runners";

const config = new pulumi.Config();

const pool = new ActionsRunnerPool("runners", {
  github: {
    organization: config.require("githubOrganization"),
    app: { id: config.require("githubAppId"), privateKeySecretArn: config.require("githubPrivateKeySecretArn") },
  },
  labels: ["spot"],
  instanceType: "m7i.large",
  // More types mean fewer interruptions. All must have the same architecture.
  spot: { onDemandBase: 1, onDemandPercentage: 0, additionalInstanceTypes: ["m7a.large", "m6i.large", "m6a.large"] },
  minSize: 1,
  maxSize: 20,
  subnetIds: config.requireObject<string[]>("subnetIds"),
  // An interruption leaves only two minutes; a long drain helps only instances that terminate for other reasons.
  drain: { maxDrain: 4 * 60 * 60 },
  tags: { project: pulumi.getProject(), stack: pulumi.getStack() },
});

export const groupName = pool.groupName;
