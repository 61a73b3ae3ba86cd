/** A pool that follows its queue: from no instance to as many as jobs wait, and back. The source of demand serves further pools, too. */
import * as pulumi from "@pulumi/pulumi";
import { ActionsRunnerPool, WorkflowJobs } from "ci-runners";

const config = new pulumi.Config();

const github = {
  organization: config.require("githubOrganization"),
  app: { id: config.require("githubAppId"), privateKeySecretArn: config.require("githubPrivateKeySecretArn") },
};
const alarmTopicArn = config.require("alarmTopicArn");
const tags = { project: pulumi.getProject(), stack: pulumi.getStack() };

const jobs = new WorkflowJobs("jobs", { github, alarmTopicArn, tags });

const pool = new ActionsRunnerPool("runners", {
  github,
  labels: ["on-demand"],
  instanceType: "m7i.large",
  minSize: 0,
  maxSize: 20,
  demand: {
    source: { workflowJobsName: jobs.workflowJobsName, tableArn: jobs.tableArn, kmsKeyArn: jobs.kmsKeyArn },
    idleTimeout: 300,
    // On working days two are ready before the first job.
    schedules: [{ cron: "0 8 * * 1-5", timeZone: "Europe/Berlin", duration: 10 * 3600, minSize: 2 }],
  },
  subnetIds: config.requireObject<string[]>("subnetIds"),
  alarmTopicArn,
  tags,
});

/** Auto Scaling group. Nothing else may scale it. */
export const groupName = pool.groupName;
/** Address of the App's webhook, which the deployment has set. */
export const webhookUrl = jobs.webhookUrl;
