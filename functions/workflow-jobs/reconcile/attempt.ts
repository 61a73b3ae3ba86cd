import { SOURCE_METRIC } from "../../../contract/workflow-jobs/metrics";
import { type Observer, reasonOf } from "../../shared/lambda/observer";

/**
 * Runs one part of the reconciliation. An error is logged and counted, and the other parts run nevertheless.
 *
 * @returns why it failed; undefined if it did not.
 */
export async function attempt(what: string, { log, count }: Observer, work: () => Promise<void>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    const reason = reasonOf(error);
    log.error(`reconciliation: ${what} failed; continuing`, { reason });
    count(SOURCE_METRIC.reconcileErrors);
    return `${what}: ${reason}`;
  }
}
