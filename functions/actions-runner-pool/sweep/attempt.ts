import { METRIC } from "../../../contract/actions-runner-pool/metrics";
import { type Fields, type Observer, reasonOf } from "../../shared/lambda/observer";

/**
 * Runs one piece of the sweep. An error is logged and counted, and the sweep continues: one item that always fails must
 * not prevent all others from being handled.
 */
export async function attempt<T>(what: string, fields: Fields, { log, count }: Observer, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    log.error(`sweep: ${what} failed; continuing`, { ...fields, reason: reasonOf(error) });
    count(METRIC.sweepErrors);
    return undefined;
  }
}
