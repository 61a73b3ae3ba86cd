import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ENV, SECRET_TAGS_FILE } from "../../../contract/actions-runner-pool/environment";
import type { RefreshPreferences } from "../../../contract/actions-runner-pool/instance-refresh";
import { type PoolNames, poolNames } from "../../../contract/actions-runner-pool/names";
import type { SecretSettings } from "./token-store";
import { type Environment, positiveInteger, required } from "../../shared/lambda/environment";

/** The pool that a function serves. Read when the function initializes, because every handler needs it. */
export function poolSettings(environment: Environment = process.env): { pool: string; names: PoolNames } {
  const pool = required(environment, ENV.pool);
  return { pool, names: poolNames(pool) };
}

export function maxDrainSeconds(environment: Environment = process.env): number {
  return positiveInteger(environment, ENV.maxDrainSeconds);
}

/** @throws Error if it is absent or no JSON */
export function refreshPreferences(environment: Environment = process.env): RefreshPreferences {
  const value = required(environment, ENV.refreshPreferences);
  try {
    return JSON.parse(value) as RefreshPreferences;
  } catch {
    throw new Error(`${ENV.refreshPreferences} is "${value}": not JSON`);
  }
}

/** Undefined if the runner is on the image. */
export function runnerVersion(environment: Environment = process.env): string | undefined {
  return environment[ENV.runnerVersion] || undefined;
}

/** Undefined without `hostLogs`. */
export function hostLogGroup(environment: Environment = process.env): string | undefined {
  return environment[ENV.hostLogGroup] || undefined;
}

export function hostRoleId(environment: Environment = process.env): string {
  return required(environment, ENV.hostRoleId);
}

/** How registration secrets are created. @throws when the archive lacks the file with the tags. */
export function secretSettings(environment: Environment = process.env): SecretSettings {
  const file = join(required(environment, "LAMBDA_TASK_ROOT"), SECRET_TAGS_FILE);
  const kmsKeyArn = environment[ENV.secretKmsKeyArn];
  return { tags: JSON.parse(readFileSync(file, "utf8")), ...(kmsKeyArn ? { kmsKeyArn } : {}) };
}
