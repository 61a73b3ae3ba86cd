import type { RepositorySettings } from "./repository-settings";
import { met, missing, type Setting, unknown } from "./setting";

/** The private key of the App that opens promotions; promote.yml names it. */
const KEY = "PROMOTION_APP_KEY";

/** Whether workflows can approve their own pull requests, and whether others than the environment's can read the App's key. */
export function actionsSettings(settings: RepositorySettings): Setting[] {
  return [approvals(settings), promotionKey(settings)];
}

/** A writer's workflow could else give the approval that the rules for main ask for. */
function approvals({ workflowPermissions: read }: RepositorySettings): Setting {
  const setting = "actions: approvals";
  if (read.refusal) return unknown(setting, `${read.refusal.text}; use a token of an admin with Administration: read`);
  return read.value.can_approve_pull_request_reviews === false
    ? met(setting, "workflows cannot approve pull requests")
    : missing(setting, 'workflows can approve pull requests; turn off "Allow GitHub Actions to create and approve pull requests"');
}

/** A secret of the repository or of its organization is readable by the workflow of any branch. */
function promotionKey({ secrets }: RepositorySettings): Setting {
  const setting = `secret ${KEY}: place`;
  for (const where of ["repository", "organization"] as const) {
    const read = secrets[where];
    if (read.refusal) return unknown(setting, `${read.refusal.text}; use a token with Secrets: read`);
    if (has(read.value)) {
      const why = `it is a secret of the ${where}, which the workflow of any branch can read`;
      return missing(setting, `${why}; set a new key in the environment promotion, delete this secret, and revoke its key in the App`);
    }
  }
  const { promotion } = secrets;
  // 404: there is no such environment.
  if (promotion.refusal?.status === 404) return missing(setting, "there is no environment promotion; create it and set the secret there");
  if (promotion.refusal) return unknown(setting, promotion.refusal.text);
  return has(promotion.value)
    ? met(setting, "only in the environment promotion")
    : missing(setting, "the environment promotion does not have it; set it there, and not in the repository");
}

/** GitHub ignores the case of a secret's name. */
const has = (secrets: readonly { name: string }[]): boolean => secrets.some(({ name }) => name.toUpperCase() === KEY);
