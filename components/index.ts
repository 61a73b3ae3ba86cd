/** The component library: the public API for programs in any of Pulumi's languages. */
export { ActionsRunnerPool } from "./actions-runner-pool/actions-runner-pool";
export type { ActionsRunnerPoolArgs } from "./actions-runner-pool/args";
export { ProtectedInstances, WarmPoolState } from "./actions-runner-pool/args/capacity";
export type { InstanceRefreshArgs, WarmPoolArgs } from "./actions-runner-pool/args/capacity";
export type { DrainArgs } from "./actions-runner-pool/args/drain";
export type { FunctionsArgs } from "./actions-runner-pool/args/functions";
export type { GithubAppArgs, GithubArgs } from "./actions-runner-pool/args/github";
export type { SpotArgs } from "./actions-runner-pool/args/instances";
export type { RunnerArgs } from "./actions-runner-pool/args/runner";
