import type { Observer } from "../../shared/lambda/observer";
import { attempt } from "./attempt";
import type { Member, SweepPorts, SweepSettings } from "./ports";

/**
 * Completes warm-pool trims whose event was lost: the host is off and cannot complete its action. If the event is only
 * late, the deregister function then finds no active action and does nothing.
 */
export async function continuePoolTrims(
  members: readonly Member[],
  ports: SweepPorts,
  { names }: SweepSettings,
  observer: Observer,
): Promise<void> {
  for (const { instanceId } of members.filter(({ lifecycleState }) => lifecycleState === "Warmed:Terminating:Wait")) {
    await attempt("completing a pool trim", { instanceId }, observer, async () => {
      const outcome = await ports.continueAction({ group: names.group, hook: names.terminateHook, instanceId });
      observer.log.info("sweep: pool trim completed", { instanceId, outcome });
    });
  }
}
