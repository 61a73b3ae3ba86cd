export type { Deliver } from "./deliver";
export type { App, Installation } from "./github-credentials";
export type { GitHubFaultKind } from "./github-faults";
export { GitHub } from "./github";
export * from "./messages";
export type { GitHubOptions } from "./github-options";
export type { WorkflowIdentity } from "./oidc/identity";
export type { RepositorySettings, Ruleset } from "./repository-settings";
