import { PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { DEMAND_EVENT, type DemandEventDetail } from "../../../contract/workflow-jobs/demand-event";
import { SOURCE_METRIC } from "../../../contract/workflow-jobs/metrics";
import type { EventBridge } from "../../shared/aws/clients";
import { type Observer, reasonOf } from "../../shared/lambda/observer";
import type { JobLedger } from "./job-ledger";

/** Announces on the account's default bus that the demand for a pool has changed. */
export type Announce = (pool: string, signal: AbortSignal) => Promise<void>;

export function announceOn(client: EventBridge, workflowJobs: string): Announce {
  return async (pool, signal) => {
    const detail: DemandEventDetail = { workflowJobs, pool };
    const entry = { Source: DEMAND_EVENT.source, DetailType: DEMAND_EVENT.detailType, Detail: JSON.stringify(detail) };
    const { Entries = [] } = await client.send(new PutEventsCommand({ Entries: [entry] }), { abortSignal: signal });
    // EventBridge answers 200 even if it refused an entry.
    const refused = Entries.find(({ ErrorCode }) => ErrorCode !== undefined);
    if (refused) throw new Error(`EventBridge refused the event: ${refused.ErrorCode} ${refused.ErrorMessage ?? ""}`.trim());
  };
}

/**
 * Signals the pool's scaler, at most once in an interval across all processes. Never throws: the ledger has the job, and the
 * scaler's schedule finds it within a minute.
 */
export async function signalDemand(
  pool: string,
  ports: { ledger: Pick<JobLedger, "maySignal">; announce: Announce },
  { log, count }: Observer,
  signal: AbortSignal,
): Promise<void> {
  try {
    if (await ports.ledger.maySignal(pool, signal)) await ports.announce(pool, signal);
  } catch (error) {
    log.warn("the pool's scaler could not be signalled; its schedule makes up for it", { pool, reason: reasonOf(error) });
    count(SOURCE_METRIC.signalErrors);
  }
}
