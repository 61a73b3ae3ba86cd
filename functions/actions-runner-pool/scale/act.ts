import type { Observer } from "../../shared/lambda/observer";
import { attempt } from "./attempt";
import type { Decision, FleetInstance } from "./policy/types";
import type { CapacityPorts } from "./ports";

/** Terminations a pass. Each call may take 9 s if AWS does not respond; the next pass, which follows at once, takes the next ones. */
export const MAX_TERMINATIONS = 20;

/**
 * Raises the desired capacity, never lowers it: Auto Scaling would choose the instances to end, and has ended some with a job.
 *
 * @returns whether it is higher now, or was as high already.
 */
export async function raise(ports: CapacityPorts, group: string, desired: number, observer: Observer): Promise<boolean> {
  const raised = await attempt("raising the desired capacity", { desired }, observer, async () => {
    // Read again: an operator, or a replacement, may have changed it since the decision.
    const current = await ports.group(group);
    const target = Math.min(desired, current?.maxSize ?? 0);
    if (current === undefined || target <= current.desired) return current !== undefined && current.desired >= desired;
    await ports.setDesired(group, target);
    observer.log.info("scale: raised the desired capacity", { from: current.desired, to: target });
    return true;
  });
  return raised ?? false;
}

/**
 * Terminates idle instances, the longest idle first. One that has got a job in the meantime stays: its agent has protected it, or
 * does so within a second; in that second the terminate hook still lets the job end.
 *
 * @returns how many it has terminated.
 */
export async function terminateIdle(
  ports: CapacityPorts,
  group: string,
  chosen: Decision["terminate"],
  instances: readonly FleetInstance[],
  observer: Observer,
  signal: AbortSignal,
): Promise<number> {
  const idle = new Set(instances.flatMap(({ id, phase, busy }) => (phase === "in service" && !busy ? [id] : [])));
  const ids = chosen.filter((id) => idle.has(id)).slice(0, MAX_TERMINATIONS);
  if (ids.length === 0) return 0;
  const removable = await attempt("checking idle instances", {}, observer, () => ports.removable(group, ids));
  let terminated = 0;
  for (const instanceId of ids) {
    signal.throwIfAborted();
    if (!removable?.has(instanceId)) continue;
    await attempt("terminating an idle instance", { instanceId }, observer, async () => {
      await ports.terminate(instanceId);
      terminated += 1;
      observer.log.info("scale: terminates an idle instance", { instanceId });
    });
  }
  return terminated;
}
