import { GITHUB_ENV } from "../../../contract/shared/github-environment";
import type { Clock } from "../lambda/clock";
import { type Environment, positiveInteger, required } from "../lambda/environment";
import type { GitHubAccount, GitHubCredentialSource, GitHubScope } from "./account";
import type { ReadSecret } from "./credentials";
import { GitHubJit, JIT_LIMITS } from "./jit";
import { GitHubRunners } from "./runners";
import { GitHubTransport } from "./transport";

/**
 * The GitHub client that the environment configures. It is created at its first use and reused by later invocations,
 * together with its connection, credentials and installation token.
 */
export function gitHubFromEnvironment(readSecret: ReadSecret, clock: Clock): () => GitHubRunners {
  let runners: GitHubRunners | undefined;
  return () => {
    if (!runners) {
      const account = gitHubAccount();
      runners = new GitHubRunners(new GitHubTransport(account, readSecret, {}, { clock }), account.scope);
    }
    return runners;
  };
}

/** As `gitHubFromEnvironment`, for a function that also creates just-in-time runners. */
export function gitHubJitFromEnvironment(readSecret: ReadSecret, clock: Clock, environment?: Environment): () => GitHubJit {
  let jit: GitHubJit | undefined;
  return () => {
    if (!jit) {
      const account = gitHubAccount(environment);
      jit = new GitHubJit(new GitHubTransport(account, readSecret, JIT_LIMITS, { clock }), account.scope);
    }
    return jit;
  };
}

/**
 * Where and how to reach GitHub. Read only when GitHub is needed, so that a mistake in these variables cannot prevent a
 * drain.
 *
 * @throws when the environment sets both or neither of organization and repository, or of App and token.
 */
export function gitHubAccount(environment: Environment = process.env): GitHubAccount {
  return {
    apiUrl: required(environment, GITHUB_ENV.githubApiUrl).replace(/\/+$/, ""),
    scope: gitHubScope(environment),
    credentials: credentials(environment),
  };
}

/** Whose runners they are. @throws when the environment sets both or neither of organization and repository. */
export function gitHubScope(environment: Environment = process.env): GitHubScope {
  const organization = environment[GITHUB_ENV.githubOrganization];
  const repository = environment[GITHUB_ENV.githubRepository];
  if (!organization === !repository) {
    throw new Error(
      `set exactly one of ${GITHUB_ENV.githubOrganization} and ${GITHUB_ENV.githubRepository}; ${organization ? "both" : "neither"} is set`,
    );
  }
  if (organization) return { organization };
  const [owner, name, ...rest] = (repository ?? "").split("/");
  if (!owner || !name || rest.length > 0) throw new Error(`${GITHUB_ENV.githubRepository} is "${repository}": must be owner/name`);
  return { owner, repository: name };
}

function credentials(environment: Environment): GitHubCredentialSource {
  const tokenSecret = environment[GITHUB_ENV.githubTokenSecretArn];
  const appId = environment[GITHUB_ENV.githubAppId];
  if (!tokenSecret === !appId) {
    throw new Error(
      `set exactly one of ${GITHUB_ENV.githubTokenSecretArn} and ${GITHUB_ENV.githubAppId}; ${appId ? "both" : "neither"} is set`,
    );
  }
  if (tokenSecret) return { tokenSecret };
  const installation = environment[GITHUB_ENV.githubInstallationId];
  return {
    appId: required(environment, GITHUB_ENV.githubAppId),
    privateKeySecret: required(environment, GITHUB_ENV.githubPrivateKeySecretArn),
    ...(installation ? { installationId: positiveInteger(environment, GITHUB_ENV.githubInstallationId) } : {}),
  };
}
