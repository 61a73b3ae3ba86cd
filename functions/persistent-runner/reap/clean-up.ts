import type { Lease } from "../../../contract/persistent-runner/lease";
import { PERSISTENT_METRIC } from "../../../contract/persistent-runner/metrics";
import { type Observer, reasonOf } from "../../shared/lambda/observer";
import { noteRunnerRemoved } from "../shared/lease-writes";
import type { LeasePorts, RunnerPorts } from "../shared/ports";

export interface CleanUpPorts {
  lease: LeasePorts;
  runners: RunnerPorts;
  order: {
    /** Seconds since it was last written; undefined: there is none. */
    age(signal: AbortSignal): Promise<number | undefined>;
    delete(signal: AbortSignal): Promise<void>;
  };
}

/**
 * A younger order may be that of a start which began after the lease was read. Seconds. One that is written anew between the look at its age
 * and its deletion is lost: its machine waits in vain, and its run has the machine started once more.
 */
const ORDER_SETTLED = 600;

/** Deletes what no machine has used of the last start: its order, which has a credential, and its runner at GitHub. Each on its own. */
export async function cleanUp(lease: Lease, { lease: table, runners, order }: CleanUpPorts, observer: Observer, signal: AbortSignal) {
  await attempt("deleting the order of a former start", observer, async () => {
    const age = await order.age(signal);
    if (age === undefined || age < ORDER_SETTLED) return;
    await order.delete(signal);
    observer.log.info("the order of a former start was deleted", { age });
  });
  const { runnerId } = lease;
  if (runnerId === undefined) return;
  await attempt("removing the runner of a former start", observer, async () => {
    const outcome = await runners.remove(runnerId, signal);
    // GitHub still counts a job on it: it finds out by itself that the machine is off.
    if (outcome === "busy") return;
    await table.write(noteRunnerRemoved(lease), signal);
    observer.log.info("the runner of a former start was removed at GitHub", { runnerId, outcome });
  });
}

async function attempt(what: string, { log, count }: Observer, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    log.error(`${what} failed; the next pass repeats it`, { reason: reasonOf(error) });
    count(PERSISTENT_METRIC.reapErrors);
  }
}
