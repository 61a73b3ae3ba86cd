/** One machine that sleeps between runs: a workflow of the branch main starts it, finds its caches as the last run left them, and stops it. */
import * as pulumi from "@pulumi/pulumi";
import { PersistentRunner } from "ci-runners";

const config = new pulumi.Config();
const repository = config.require("repository");

const machine = new PersistentRunner("e2e", {
  github: {
    repository,
    app: { id: config.require("githubAppId"), privateKeySecretArn: config.require("githubPrivateKeySecretArn") },
  },
  // Exactly these workflows may use the machine: those of pushes to main.
  subjects: [`repo:${repository}:ref:refs/heads/main`],
  oidcProviderArn: config.require("oidcProviderArn"),
  actions: { repository: config.require("actionsRepository"), ref: config.require("actionsRef") },
  instanceType: "m7i.large",
  fallbackInstanceTypes: ["m6i.large"],
  subnetId: config.require("subnetId"),
  docker: "rootless",
  cacheVolume: { size: 100 },
  terminationProtection: config.requireBoolean("terminationProtection"),
  alarmTopicArn: config.require("alarmTopicArn"),
  tags: { project: pulumi.getProject(), stack: pulumi.getStack() },
});

/** The instance, which is made once and never terminated. */
export const instanceId = machine.instanceId;
/** A workflow that starts it, runs a job on it and stops it: put it into the repository's `.github/workflows/`. */
export const workflowYaml = machine.workflowYaml;
