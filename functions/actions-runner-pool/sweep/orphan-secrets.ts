import type { LifecycleState } from "../../../contract/aws/lifecycle";
import { METRIC } from "../../../contract/actions-runner-pool/metrics";
import type { Observer } from "../../shared/lambda/observer";
import { attempt } from "./attempt";
import type { StoredSecret, SweepPorts, SweepSettings } from "./ports";
import { tokenInstance } from "./secret-names";

/** A token is valid for one hour; ten minutes later no host can still be about to use it. */
const EXPIRED_MS = 70 * 60_000;
/** Auto Scaling's listings lag behind its events; younger secrets are left to a later sweep. */
const SETTLED_MS = 10 * 60_000;

/** Deletes registration tokens that no host can use: their instance is gone, or they have expired. */
export async function sweepOrphanSecrets(
  ports: SweepPorts,
  { names }: SweepSettings,
  observer: Observer,
  signal: AbortSignal,
): Promise<void> {
  // By name: a page may list again what was just deleted, and that deletion succeeds, too.
  const deleted = new Set<string>();
  for await (const page of ports.secrets(names.secretPrefix)) {
    signal.throwIfAborted();
    for (const { name, instanceId } of await orphansOf(page, names.secretPrefix, ports)) {
      if (deleted.has(name)) continue;
      await attempt("deleting a registration token", { instanceId }, observer, async () => {
        await ports.deleteSecret(name);
        deleted.add(name);
        observer.log.info("sweep: registration token deleted", { instanceId });
      });
    }
  }
  observer.count(METRIC.orphanSecrets, deleted.size);
}

/** Instances are looked up after the secrets were listed, so that one that launches meanwhile is not considered gone. */
async function orphansOf(page: StoredSecret[], prefix: string, ports: SweepPorts): Promise<{ name: string; instanceId: string }[]> {
  const candidates = page
    .flatMap(({ name, changedAt }) => {
      const instanceId = tokenInstance(name, prefix);
      return instanceId === undefined ? [] : [{ name, instanceId, age: ports.clock.now() - changedAt.getTime() }];
    })
    .filter(({ age }) => age > SETTLED_MS);
  const fresh = candidates.filter(({ age }) => age <= EXPIRED_MS).map(({ instanceId }) => instanceId);
  const states = fresh.length > 0 ? await ports.lifecycleStates(fresh) : new Map<string, LifecycleState>();
  return candidates.filter(({ instanceId, age }) => age > EXPIRED_MS || !states.has(instanceId));
}
