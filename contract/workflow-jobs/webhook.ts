/** Who owns GitHub's webhook. */
export const WebhookScope = {
  /** The App's own webhook, of which it has one. */
  App: "app",
  /** A webhook of the organization, beside others. */
  Organization: "organization",
  /** A webhook of the repository, beside others. */
  Repository: "repository",
  /** The operator's own: the component gives the URL and the ARN of the secret. */
  Manual: "manual",
} as const;
export type WebhookScope = (typeof WebhookScope)[keyof typeof WebhookScope];

/**
 * Address of an App's webhook that no one uses: GitHub demands one in an App's manifest, and a destroy leaves this one behind.
 * `.invalid` resolves nowhere (RFC 2606).
 */
export const UNUSED_WEBHOOK_URL = "https://ci-runners.invalid/unused";

/** Whether an App's webhook may be pointed here without replacing another's. */
export function isUnusedWebhook(url: string | undefined): boolean {
  return url === undefined || url === "" || url === UNUSED_WEBHOOK_URL;
}

/** Content of the webhook's secret in Secrets Manager, as JSON. Both are accepted, so that a delivery in flight survives a rotation. */
export interface WebhookSecrets {
  current: string;
  previous?: string;
  /** The address that GitHub was last given with it: how the setup function knows its own webhook. */
  url?: string;
  /** GitHub may still sign with `previous`: a rotation did not finish. The next one finishes it, and makes no third secret. */
  unfinished?: boolean;
}

/** Result of the invocations of the setup function. No part of it is secret. */
export interface SetupResult {
  /** ARN of the secret with `WebhookSecrets`. */
  secretArn?: string;
  /** What remains to be done by the operator; empty if nothing. */
  left: string[];
}

/** Input of the setup function, by the resource of the stack that is created, updated and deleted with the webhook. */
export interface SetupInput {
  /** Name of the component; the function serves one and ignores any other name. */
  workflowJobs: string;
  task: "own-webhook";
  /** The function URL. */
  url: string;
  scope: WebhookScope;
  takeOver: boolean;
  /**
   * Whose webhook it is: the App and its server, as `<id>@<API>`, and the organization or `owner/name`. The function has its own from
   * its environment; here another App or account makes a new input, and tells which webhook was the former.
   */
  app?: string;
  account?: string;
  /** The customer's key for the secret. Like these: another key makes a new input, upon which the secret is encrypted with it. */
  kmsKeyArn?: string;
}

/**
 * Input of the invocation that precedes all but the functions: fails the deployment if the App lacks an event or a permission, or
 * its webhook is another's.
 */
export interface CheckInput {
  workflowJobs: string;
  task: "check-app";
  scope: WebhookScope;
  takeOver: boolean;
  /** Whether a pool has the source run lost jobs again, which needs another permission. */
  rerunLostJobs: boolean;
  /** As in SetupInput. */
  app?: string;
  account?: string;
}

/** Input of an operator's invocation, by `npm run rotate-webhook-secret`. */
export interface RotateInput {
  workflowJobs: string;
  task: "rotate-secret";
}
