import { SCALE_METRIC } from "../../../contract/actions-runner-pool/metrics";
import { type Fields, type Observer, reasonOf } from "../../shared/lambda/observer";

/**
 * Runs one piece of a pass. An error is logged and counted, and the pass continues: throttling, an activity in progress or a
 * denied call must not stop what stands beside it, and the next pass, within a minute, decides again.
 */
export async function attempt<T>(what: string, fields: Fields, { log, count }: Observer, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    log.warn(`scale: ${what} failed; left to the next pass`, { ...fields, reason: reasonOf(error) });
    count(SCALE_METRIC.scalerErrors);
    return undefined;
  }
}
