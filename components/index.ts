/** The component library: what other programs, in any of Pulumi's languages, may use. */
export { ActionsRunnerPool } from "./actions-runner-pool/actions-runner-pool";
export type { ActionsRunnerPoolArgs } from "./actions-runner-pool/args";
export { ProtectedInstances, WarmPoolState } from "./actions-runner-pool/args/capacity";
export type { DrainArgs, InstanceRefreshArgs, SpotArgs, WarmPoolArgs } from "./actions-runner-pool/args/capacity";
export type { GithubAppArgs, GithubArgs, RunnerArgs } from "./actions-runner-pool/args/github";
