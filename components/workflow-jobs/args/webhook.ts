import type { WebhookScope } from "../../../contract/workflow-jobs/webhook";

/** Who owns the webhook that delivers the jobs. */
export interface WebhookArgs {
  /**
   * `app` points the App's own webhook here, of which it has one. `organization` and `repository` make a webhook beside others.
   * `manual` makes none: the URL and the ARN of the secret are outputs. Default: `app`.
   */
  scope?: WebhookScope;

  /**
   * Replaces the address of an App's webhook that points elsewhere; what received its events then receives none any more. Limits: true
   * requires the scope `app`. Default: false, which refuses to deploy and names the other address's host.
   */
  takeOver?: boolean;
}
