/** Two pools of one organization. Each has its own group, roles, functions, bucket and secrets; they share only inputs. */
import * as pulumi from "@pulumi/pulumi";
import { ActionsRunnerPool, type ActionsRunnerPoolArgs } from "ci-runners";

const config = new pulumi.Config();

const tags = { project: pulumi.getProject(), stack: pulumi.getStack() };

const shared = {
  github: {
    organization: config.require("githubOrganization"),
    app: { id: config.require("githubAppId"), privateKeySecretArn: config.require("githubPrivateKeySecretArn") },
  },
  // Without GitHub's default labels a job for one pool cannot run on the other.
  noDefaultLabels: true,
  subnetIds: config.requireObject<string[]>("subnetIds"),
  alarmTopicArn: config.require("alarmTopicArn"),
} satisfies Partial<ActionsRunnerPoolArgs>;

const small = new ActionsRunnerPool("small", {
  ...shared,
  labels: ["linux-small"],
  instanceType: "m7i.large",
  minSize: 2,
  maxSize: 10,
  tags: { ...tags, size: "small" },
});

const large = new ActionsRunnerPool("large", {
  ...shared,
  labels: ["linux-large"],
  instanceType: "m7i.4xlarge",
  rootVolumeSize: 200,
  maxSize: 3,
  tags: { ...tags, size: "large" },
});

export const smallGroupName = small.groupName;
export const largeGroupName = large.groupName;
