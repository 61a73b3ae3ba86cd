import type * as pulumi from "@pulumi/pulumi";
import { GITHUB_ENV, TRUST_AUTHORITIES } from "../../contract/shared/github-environment";
import { METRIC_NAMESPACE } from "../../contract/shared/metrics";
import type { GithubAppArgs } from "./github-app-args";

/** GitHub's address and credentials, as arguments of a component. */
export interface GithubAccess {
  apiUrl: string;
  organization?: string;
  repository?: string;
  app?: GithubAppArgs;
  tokenSecretArn?: pulumi.Input<string>;
  caCertificates?: string;
}

type Variables = Record<string, pulumi.Input<string> | undefined>;

/** The environment variables with which a function reaches GitHub. An undefined one is not set. */
export function githubVariables(github: GithubAccess): Variables {
  return {
    [GITHUB_ENV.githubApiUrl]: github.apiUrl,
    [GITHUB_ENV.githubOrganization]: github.organization,
    [GITHUB_ENV.githubRepository]: github.repository,
    [GITHUB_ENV.githubAppId]: github.app?.id,
    [GITHUB_ENV.githubInstallationId]: github.app?.installationId,
    [GITHUB_ENV.githubPrivateKeySecretArn]: github.app?.privateKeySecretArn,
    [GITHUB_ENV.githubTokenSecretArn]: github.tokenSecretArn,
    ...(github.caCertificates === undefined ? {} : TRUST_AUTHORITIES),
  };
}

export function withoutUndefined(variables: Variables): Record<string, pulumi.Input<string>> {
  return Object.fromEntries(Object.entries(variables).filter((entry): entry is [string, pulumi.Input<string>] => entry[1] !== undefined));
}

/** The variables of the logger and the metrics of each function. */
export function powertools(service: string): Record<string, string> {
  return { POWERTOOLS_SERVICE_NAME: service, POWERTOOLS_METRICS_NAMESPACE: METRIC_NAMESPACE, POWERTOOLS_LOG_LEVEL: "INFO" };
}
