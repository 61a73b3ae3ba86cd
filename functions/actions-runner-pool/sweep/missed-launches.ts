import { registrationSecretName } from "../../../contract/actions-runner-pool/names";
import { within } from "../../shared/lambda/timeout";
import { RESERVE } from "../../shared/github/reserve";
import type { Observer } from "../../shared/lambda/observer";
import { type RegistrationPorts, type RegistrationSettings, provideToken } from "../shared/registration";
import type { GroupHistory } from "./history";
import { attempt } from "./attempt";
import type { Member, SweepPorts } from "./ports";

/** The register function takes seconds; instances younger than this are left to it. */
const SETTLED_MS = 60_000;
/** Bound on this part, in ms: a slow GitHub must not consume the time of the sweep's other parts. */
const BOUND_MS = 60_000;

/**
 * Provides a registration token to instances whose launch event was lost or failed for good. An instance with a secret
 * only has to fetch it; an instance with a runner at GitHub has already used it. In doubt, or if too little of GitHub's
 * quota is left for a lookup, a token is provided: it costs no call of its own, and the sweep deletes an unused one after
 * it has expired.
 */
export async function provideMissedTokens(
  members: readonly Member[],
  ports: SweepPorts & RegistrationPorts,
  settings: RegistrationSettings,
  history: GroupHistory,
  observer: Observer,
): Promise<void> {
  // Not Warmed:Pending:Wait: an instance that enters the warm pool is not registered.
  const waiting = members.filter(({ lifecycleState }) => lifecycleState === "Pending:Wait");
  if (waiting.length === 0) return;
  await within(ports.clock, "providing missed registration tokens", BOUND_MS, async (signal) => {
    const stored = await secretNames(ports, settings.names.secretPrefix);
    for (const { instanceId } of waiting) {
      signal.throwIfAborted();
      if (stored.has(registrationSecretName(settings.names.secretPrefix, instanceId))) continue;
      await attempt("providing a missed registration token", { instanceId }, observer, async () => {
        // If the history cannot be read, provide the token rather than let the launch fail.
        const launch = await history.launch(instanceId).catch(() => undefined);
        if (launch && ports.clock.now() - launch.startedAt.getTime() <= SETTLED_MS) return;
        const gitHub = ports.gitHub();
        // An instance that was in service before may have a runner of that time, which it no longer uses.
        const served = await history.servedBefore(instanceId).catch(() => true);
        if (!served && gitHub.remainingQuota() >= RESERVE.lookup && (await gitHub.find(instanceId, signal))) return;
        observer.log.warn("sweep: instance waits without a registration token; its launch event was lost or failed", { instanceId });
        await provideToken(instanceId, ports, settings, observer);
      });
    }
  });
}

async function secretNames(ports: SweepPorts, prefix: string): Promise<Set<string>> {
  const names = new Set<string>();
  for await (const page of ports.secrets(prefix)) for (const { name } of page) names.add(name);
  return names;
}
