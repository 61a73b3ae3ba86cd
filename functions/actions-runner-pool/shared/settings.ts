import { ENV } from "../../../contract/actions-runner-pool/environment";
import { type PoolNames, poolNames } from "../../../contract/actions-runner-pool/names";
import type { GitHubAccount, GitHubCredentialSource } from "../../shared/github/account";

type Environment = Record<string, string | undefined>;

/** The pool that a function serves. Read at start: without it nothing can be done. */
export function poolSettings(environment: Environment = process.env): { pool: string; names: PoolNames } {
  const pool = required(environment, ENV.pool);
  return { pool, names: poolNames(pool) };
}

/**
 * Where and how to reach GitHub. Read only when GitHub is needed, so that a mistake in here cannot keep a drain
 * from starting.
 *
 * @throws when the environment names neither or both of organization and repository, or of App and token.
 */
export function gitHubAccount(environment: Environment = process.env): GitHubAccount {
  return {
    apiUrl: required(environment, ENV.githubApiUrl).replace(/\/+$/, ""),
    scope: scope(environment),
    credentials: credentials(environment),
  };
}

export function maxDrainSeconds(environment: Environment = process.env): number {
  return positiveInteger(environment, ENV.maxDrainSeconds);
}

export function hostRoleId(environment: Environment = process.env): string {
  return required(environment, ENV.hostRoleId);
}

function scope(environment: Environment): GitHubAccount["scope"] {
  const organization = environment[ENV.githubOrganization];
  const repository = environment[ENV.githubRepository];
  if (!organization === !repository) {
    throw new Error(
      `set exactly one of ${ENV.githubOrganization} and ${ENV.githubRepository}; ${organization ? "both" : "neither"} is set`,
    );
  }
  if (organization) return { organization };
  const [owner, name, ...rest] = (repository ?? "").split("/");
  if (!owner || !name || rest.length > 0) throw new Error(`${ENV.githubRepository} is "${repository}": must be owner/name`);
  return { owner, repository: name };
}

function credentials(environment: Environment): GitHubCredentialSource {
  const tokenSecret = environment[ENV.githubTokenSecretArn];
  const appId = environment[ENV.githubAppId];
  if (!tokenSecret === !appId) {
    throw new Error(`set exactly one of ${ENV.githubTokenSecretArn} and ${ENV.githubAppId}; ${appId ? "both" : "neither"} is set`);
  }
  if (tokenSecret) return { tokenSecret };
  const installation = environment[ENV.githubInstallationId];
  return {
    appId: required(environment, ENV.githubAppId),
    privateKeySecret: required(environment, ENV.githubPrivateKeySecretArn),
    ...(installation ? { installationId: positiveInteger(environment, ENV.githubInstallationId) } : {}),
  };
}

function required(environment: Environment, name: string): string {
  const value = environment[name];
  if (!value) throw new Error(`environment variable ${name} is not set; deploy the function with it`);
  return value;
}

function positiveInteger(environment: Environment, name: string): number {
  const value = required(environment, name);
  if (!/^[1-9]\d*$/.test(value)) throw new Error(`environment variable ${name} is "${value}": must be a positive whole number`);
  return Number(value);
}
