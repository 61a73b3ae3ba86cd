import { type SetupResult, WebhookScope } from "../../../contract/workflow-jobs/webhook";
import type { Observer } from "../../shared/lambda/observer";
import { refuseForeign } from "./check-app";
import { stillCurrent, untilKnown } from "./current-secret";
import { pointHook } from "./own-webhook";
import type { SetupPorts } from "./ports";

/**
 * Replaces the webhook's secret. Deliveries in flight are signed with the old one, which stays valid until the next rotation, so
 * none is lost; the new one is accepted before GitHub gets it.
 *
 * A rotation that failed before GitHub had the new secret is finished by the next one. It must not make a third: GitHub still
 * signs with the first, which would no longer be accepted. For the same reason, of two rotations at once only the one whose secret
 * is stored gives it to GitHub.
 *
 * @throws Error if there is no secret, the App's webhook is another's, or another rotation overlaps.
 */
export async function rotateSecret(ports: SetupPorts, scope: WebhookScope, { log }: Observer, signal: AbortSignal): Promise<SetupResult> {
  const stored = await ports.store.read();
  const url = stored?.secrets.url;
  if (!stored || url === undefined) throw new Error("there is no webhook's secret to rotate; deploy the stack first");
  if (scope === WebhookScope.App) await refuseForeign(ports, [], false, signal);
  const { current, previous, unfinished } = stored.secrets;
  const next = unfinished ? { current, previous } : { current: ports.newSecret(), previous: current };
  const isManual = scope === WebhookScope.Manual;
  await ports.store.write({ ...next, url, unfinished: true });
  await untilKnown(ports, signal);
  const { secrets } = await stillCurrent(ports, next.current);
  await pointHook(ports, { scope, url: secrets.url ?? url }, next.current, signal);
  const { unfinished: _, ...finished } = (await stillCurrent(ports, next.current)).secrets;
  await ports.store.write(finished);
  log.info("the webhook's secret is rotated; the former one is accepted until the next rotation");
  const left = isManual ? [`set the new secret (its text "current") at GitHub's webhook before the next rotation`] : [];
  return { secretArn: stored.arn, left };
}
