import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { AwsEnvironment } from "../shared/aws-environment";
import { dashboardBody } from "./dashboard-body";
import type { DemandSource } from "./demand-source";
import type { PoolSettings } from "./settings";

export interface DashboardParts {
  settings: PoolSettings;
  source: DemandSource;
  environment: pulumi.Output<AwsEnvironment>;
  /** Its deployment follows that of the pool: a dashboard has no tags by which it would wait for what is checked first. */
  dependsOn: pulumi.Resource[];
}

/** One page for the question whether the pool keeps up with its queue, and what its drains do meanwhile. */
export function createDashboard(name: string, parts: DashboardParts, opts: pulumi.CustomResourceOptions): void {
  const { settings, source, environment, dependsOn } = parts;
  const dashboardBodyText = pulumi
    .all([environment, source.workflowJobsName])
    .apply(([{ region }, workflowJobs]) => dashboardBody({ pool: settings.poolName, workflowJobs, region }));
  new aws.cloudwatch.Dashboard(name, { dashboardName: settings.names.dashboard, dashboardBody: dashboardBodyText }, { ...opts, dependsOn });
}
