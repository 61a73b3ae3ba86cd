/** One pool: on-demand instances in given subnets, a pinned runner, and the defaults for everything else. */
import * as pulumi from "@pulumi/pulumi";
import { ActionsRunnerPool } from "ci-runners";

const config = new pulumi.Config();

const pool = new ActionsRunnerPool("runners", {
  github: {
    organization: config.require("githubOrganization"),
    app: { id: config.require("githubAppId"), privateKeySecretArn: config.require("githubPrivateKeySecretArn") },
  },
  labels: ["minimal"],
  instanceType: "m7i.large",
  maxSize: 4,
  subnetIds: config.requireObject<string[]>("subnetIds"),
  tags: { project: pulumi.getProject(), stack: pulumi.getStack() },
});

/** Auto Scaling group, to attach scaling policies and to inspect the instances. */
export const groupName = pool.groupName;
