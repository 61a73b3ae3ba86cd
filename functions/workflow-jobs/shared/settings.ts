import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { WEBHOOK_SECRET_TAGS_FILE, WORKFLOW_JOBS_ENV } from "../../../contract/workflow-jobs/environment";
import { type WorkflowJobsNames, workflowJobsNames } from "../../../contract/workflow-jobs/names";
import { WebhookScope } from "../../../contract/workflow-jobs/webhook";
import { type Environment, required } from "../../shared/lambda/environment";

/** The component that a function serves. Read when the function initializes, because every handler needs it. */
export function componentSettings(environment: Environment = process.env): { name: string; names: WorkflowJobsNames } {
  const name = required(environment, WORKFLOW_JOBS_ENV.name);
  return { name, names: workflowJobsNames(name) };
}

/** Patterns of the labels of jobs that are ours although no pool serves them. @throws Error if it is no list of texts. */
export function oursPatterns(environment: Environment = process.env): string[] {
  const value = environment[WORKFLOW_JOBS_ENV.ours];
  if (!value) return [];
  const patterns = parsed(value);
  if (!Array.isArray(patterns) || patterns.some((one) => typeof one !== "string")) {
    throw new Error(`${WORKFLOW_JOBS_ENV.ours} is "${value}": must be a JSON list of patterns, such as ["gpu-*"]`);
  }
  return patterns;
}

/** @throws Error if it is none of WebhookScope's values. */
export function webhookScope(environment: Environment = process.env): WebhookScope {
  const value = required(environment, WORKFLOW_JOBS_ENV.webhookScope);
  const scope = Object.values(WebhookScope).find((one) => one === value);
  if (!scope) {
    throw new Error(`${WORKFLOW_JOBS_ENV.webhookScope} is "${value}": must be one of ${Object.values(WebhookScope).join(", ")}`);
  }
  return scope;
}

/** Undefined: what GitHub's webhook points at is not checked. */
export function webhookUrl(environment: Environment = process.env): string | undefined {
  return environment[WORKFLOW_JOBS_ENV.webhookUrl] || undefined;
}

export interface WebhookSecretSettings {
  tags: Readonly<Record<string, string>>;
  /** The customer's key that encrypts the secret; absent: `aws/secretsmanager`. */
  kmsKeyArn?: string;
}

/** How the webhook's secret is created. */
export function webhookSecretSettings(environment: Environment = process.env): WebhookSecretSettings {
  const file = join(required(environment, "LAMBDA_TASK_ROOT"), WEBHOOK_SECRET_TAGS_FILE);
  const kmsKeyArn = environment[WORKFLOW_JOBS_ENV.secretKmsKeyArn];
  return { tags: existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {}, ...(kmsKeyArn ? { kmsKeyArn } : {}) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
