import { jobKey, type JobRow } from "../../../../contract/workflow-jobs/ledger";
import type { Clock } from "../../../../functions/shared/lambda/clock";
import type { LedgerTable } from "../../../../functions/shared/ledger/table";
import { JobLedger } from "../../../../functions/workflow-jobs/shared/job-ledger";
import { toJobRow } from "../../../../functions/workflow-jobs/shared/rows";

/** With reads of single rows, which no function needs. */
export class ReadableLedger extends JobLedger {
  constructor(
    private readonly rows: LedgerTable,
    clock: Pick<Clock, "now">,
  ) {
    super(rows, clock);
  }

  async job(jobId: number): Promise<JobRow | undefined> {
    const item = await this.rows.get(jobKey(jobId));
    return item && toJobRow(item);
  }
}
