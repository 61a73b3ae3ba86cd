import type { WebhookSecrets } from "../../../contract/workflow-jobs/webhook";

/**
 * @param name of the secret, for the error.
 * @throws Error that never contains the text.
 */
export function parseSecrets(text: string, name: string): WebhookSecrets {
  const { current, previous, url, unfinished } = parsed(text);
  // An empty secret would accept what anyone signs with it.
  if (typeof current !== "string" || current === "") {
    throw new Error(`secret ${name} has no text under "current"; delete it, then invoke the setup function with its task own-webhook`);
  }
  return {
    current,
    ...(typeof previous === "string" && previous !== "" ? { previous } : {}),
    ...(typeof url === "string" ? { url } : {}),
    ...(unfinished === true ? { unfinished } : {}),
  };
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
