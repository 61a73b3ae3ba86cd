import { WebhookScope } from "../../../contract/workflow-jobs/webhook";
import type { Owned } from "./trigger";

/**
 * Whether both are one webhook at GitHub, so that pointing the new one here has replaced the former. An App has one; in an
 * organization or a repository the address decides. What an earlier input does not say counts as unchanged.
 */
export function isSameHook(former: Owned, hook: Owned): boolean {
  if (former.scope !== hook.scope) return false;
  switch (hook.scope) {
    case WebhookScope.Manual:
      return true;
    case WebhookScope.App:
      return isSame(former.app, hook.app);
    default:
      return former.url === hook.url && isSame(former.account, hook.account) && isSame(serverOf(former), serverOf(hook));
  }
}

/** Whether the component's App can still change the former webhook: it has no key of another App. */
export function isReachable(former: Owned, hook: Owned): boolean {
  if (isSame(former.app, hook.app)) return true;
  return former.scope !== WebhookScope.App && isSame(former.account, hook.account) && isSame(serverOf(former), serverOf(hook));
}

function isSame(former: string | undefined, now: string | undefined): boolean {
  return former === undefined || now === undefined || former === now;
}

/** Of `<App>@<API>`. */
function serverOf({ app }: Owned): string | undefined {
  return app?.slice(app.indexOf("@") + 1);
}
