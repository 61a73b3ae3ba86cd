import { JOB_RANK, jobKey, LEDGER, poolKey, POOLS_LIST } from "../../../contract/workflow-jobs/ledger";
import { isAwsError } from "../../shared/aws/error";
import type { LedgerTable } from "../../shared/ledger/table";
import type { CausePorts, PoolsPorts } from "./ports";

/** What the scaler writes to the ledger beside its own state: why jobs wait, and which jobs its pool serves. */
export function ledgerRows(table: LedgerTable): CausePorts & PoolsPorts {
  return {
    async recordCause(jobId, cause, now) {
      const change =
        cause === undefined ? { remove: ["cause", "causeSince"] } : { set: { cause, causeSince: new Date(now).toISOString() } };
      const result = await table.update({
        key: jobKey(Number(jobId)),
        ...change,
        // A job that has started meanwhile does not wait, and a row that DynamoDB has deleted must not come back.
        when: { attribute: "rank", is: "=", value: JOB_RANK.queued },
      });
      return result === "applied" ? "recorded" : "over";
    },
    async register({ pool, labels, priority, runnerGroup, repository, rerunLostJobs }) {
      const optional = { runnerGroup, repository, rerunLostJobs };
      await table.update({
        key: poolKey(pool, "registration"),
        set: { pool, labels, priority, ...optional, [LEDGER.indexPartitionKey]: POOLS_LIST, [LEDGER.indexSortKey]: pool },
        // Of an earlier registration.
        remove: Object.entries(optional).flatMap(([name, value]) => (value === undefined ? [name] : [])),
      });
    },
    async unregister(pool) {
      try {
        // The registration first: with it gone, no further job is given to the pool.
        for (const item of ["registration", "scaler", "signal"] as const) await table.delete(poolKey(pool, item));
      } catch (error) {
        // The source was deleted before the pool.
        if (!isAwsError(error, "ResourceNotFoundException")) throw error;
      }
    },
  };
}
