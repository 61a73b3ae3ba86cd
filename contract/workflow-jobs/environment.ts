import { GITHUB_ENV } from "../shared/github-environment";

/** Environment variables that the component sets and its functions read. An absent variable is not configured. */
export const WORKFLOW_JOBS_ENV = {
  name: "WORKFLOW_JOBS_NAME",
  ...GITHUB_ENV,
  /** JSON of a list of patterns: jobs with a matching label are ours even if no pool serves them. */
  ours: "OURS",
  /** `WebhookScope`. */
  webhookScope: "WEBHOOK_SCOPE",
  /** The function URL of the webhook, for the reconciler: what GitHub's webhook should point at. Absent: it is not checked. */
  webhookUrl: "WEBHOOK_URL",
  /** ARN of the customer's key for the webhook's secret. */
  secretKmsKeyArn: "WEBHOOK_SECRET_KMS_KEY_ARN",
} as const;

/** File beside the code of the setup function, with the component's tags as a JSON object, for the secret that it creates. */
export const WEBHOOK_SECRET_TAGS_FILE = "secret-tags.json";
