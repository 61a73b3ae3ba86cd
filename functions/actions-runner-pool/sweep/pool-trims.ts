import type { Observer } from "../../shared/lambda/observer";
import { attempt } from "./attempt";
import type { GroupHistory } from "./history";
import type { Member, SweepPorts, SweepSettings } from "./ports";

/**
 * Completes warm-pool trims of hosts that cannot: those that are off, where the event was lost, and those that never served,
 * where the preparation may hang, so that no agent runs. If the event is only late, the deregister function then finds no
 * active action and does nothing. Any other host that is on completes its action itself: it may run a job, if it was
 * returning from service when its pool was deleted.
 */
export async function continuePoolTrims(
  members: readonly Member[],
  ports: SweepPorts,
  { names }: SweepSettings,
  history: GroupHistory,
  observer: Observer,
): Promise<void> {
  for (const { instanceId } of members.filter(({ lifecycleState }) => lifecycleState === "Warmed:Terminating:Wait")) {
    await attempt("completing a pool trim", { instanceId }, observer, async () => {
      const because = await proofOfNoJob(instanceId, ports, history);
      if (because === undefined) {
        observer.log.info("sweep: instance leaves the warm pool and is not off: its host completes the action", { instanceId });
        return;
      }
      const outcome = await ports.continueAction({ group: names.group, hook: names.terminateHook, instanceId });
      observer.log.info("sweep: pool trim completed", { instanceId, because, outcome });
    });
  }
}

async function proofOfNoJob(instanceId: string, ports: Pick<SweepPorts, "isOff">, history: GroupHistory): Promise<string | undefined> {
  if (await ports.isOff(instanceId)) return "it is off";
  // Far: an instance may rest in the pool for weeks.
  return (await history.neverServed(instanceId, true)) ? "it never served" : undefined;
}
