import { METRIC } from "../../../contract/actions-runner-pool/metrics";
import { type Fields, type Observer, reasonOf } from "../../shared/lambda/observer";

/**
 * Does one piece of the sweep. An error is logged and counted, and the sweep goes on: one runner that GitHub chokes
 * on must not keep all others from being swept, run after run.
 */
export async function attempt<T>(what: string, fields: Fields, { log, count }: Observer, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    log.error(`sweep: ${what} failed; going on`, { ...fields, reason: reasonOf(error) });
    count(METRIC.sweepErrors);
    return undefined;
  }
}
