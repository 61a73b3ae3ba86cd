/** The component library: the public API for programs in any of Pulumi's languages. */
export { ActionsRunnerPool } from "./actions-runner-pool/actions-runner-pool";
export type { ActionsRunnerPoolArgs } from "./actions-runner-pool/args";
export { ProtectedInstances, WarmPoolState } from "./actions-runner-pool/args/capacity";
export type { InstanceRefreshArgs, WarmPoolArgs } from "./actions-runner-pool/args/capacity";
export type { DemandArgs, DemandScheduleArgs, DemandSourceArgs } from "./actions-runner-pool/args/demand";
export type { DrainArgs } from "./actions-runner-pool/args/drain";
export type { FunctionsArgs } from "./actions-runner-pool/args/functions";
export type { GithubArgs } from "./actions-runner-pool/args/github";
export type { SpotArgs } from "./actions-runner-pool/args/instances";
export type { RunnerArgs } from "./actions-runner-pool/args/runner";
export type { GithubAppArgs } from "./shared/github-app-args";
export { WorkflowJobs } from "./workflow-jobs/workflow-jobs";
export type { WorkflowJobsArgs } from "./workflow-jobs/args";
export type { WorkflowJobsFunctionsArgs } from "./workflow-jobs/args/functions";
export type { WorkflowJobsGithubArgs } from "./workflow-jobs/args/github";
export type { WebhookArgs } from "./workflow-jobs/args/webhook";
export { WebhookScope } from "../contract/workflow-jobs/webhook";
