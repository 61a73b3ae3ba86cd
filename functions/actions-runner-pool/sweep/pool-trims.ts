import type { Observer } from "../../shared/lambda/observer";
import { attempt } from "./attempt";
import type { Member, SweepPorts, SweepSettings } from "./ports";

/**
 * Pooled instances whose trim was announced by an event that got lost: they are off and can answer nothing. One that
 * just got there is completed a little before its event, which then finds nothing to do.
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
      observer.log.info("sweep: pooled instance may go", { instanceId, outcome });
    });
  }
}
